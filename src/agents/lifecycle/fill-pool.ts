import { crashPoint } from "../../core/crash-point.ts";
import { GtError } from "../../core/gt-error.ts";
import { acquireLock } from "../../core/lock/lock.ts";
import { numberSetting } from "../../core/town/setting.ts";
import type { Rig, Town } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { nextState } from "./agent-transition.ts";
import { assignmentEvent } from "./assignment-event.ts";
import { OperationJournal } from "./operation-record.ts";
import { makeHome, type Seat, takeNewSeat } from "./polecat-pool.ts";
import { baseRevision, freshenOrigin, prepareWorktree } from "./polecat-worktree.ts";
import { expectDiskSpace, expectOperational } from "./rig-admission.ts";
import { setUpSandbox } from "./sandbox-setup.ts";
import type { SlingData } from "./sling-data.ts";
import { undoDispatch } from "./undo-dispatch.ts";

export interface FilledPool {
  readonly made: readonly string[];
  readonly warnings: readonly string[];
}

/** How many sandboxes the rig's polecats have now. */
export async function poolSize({ ledger }: TownAccess, rig: Rig): Promise<number> {
  const polecats = await ledger.agents({ rig: rig.name, role: "polecat" });
  return polecats.filter((agent) => agent.state !== "nuked").length;
}

/** `E_POLECAT_DIRS` for more polecats than the rig may have directories; better said before the first is made. */
export function expectPoolSize(town: Town, rig: Rig, size: number): void {
  const limit = numberSetting(town.rigSettings(rig.name), "operational.polecat.max_dirs");
  if (size <= limit) return;
  throw new GtError("E_POLECAT_DIRS", `rig ${rig.name} may have ${limit} polecats, not ${size}`, {
    why: ["the limit is operational.polecat.max_dirs"],
    hint: `gt polecat pool-init ${rig.name} --size ${limit}`,
  });
}

/** Makes idle polecats until the rig has so many, so that the first slings find their sandboxes ready (spec/04 §3.8). */
export async function fillPool(access: TownAccess, rig: Rig, size: number): Promise<FilledPool> {
  await expectOperational(access.ledger, access.town, rig);
  expectPoolSize(access.town, rig, size);
  const warnings: string[] = [];
  const offline = await freshenOrigin(access, rig);
  if (offline !== undefined) warnings.push(offline);
  const made: string[] = [];
  while ((await poolSize(access, rig)) < size) {
    await expectDiskSpace(access.town);
    const { address, warnings: more } = await makeIdle(access, rig);
    made.push(address);
    warnings.push(...more);
  }
  return { made, warnings };
}

/** A sling without a bead: killed at any step it is taken back like one. */
async function makeIdle(
  access: TownAccess,
  rig: Rig,
): Promise<{ readonly address: string; readonly warnings: readonly string[] }> {
  const { seat, journal } = await reserve(access, rig);
  try {
    makeHome(access, rig, seat);
    const sandbox = { ...seat, place: `polecats/${seat.name}`, agent: seat.before };
    const broken = await prepareWorktree(access, rig, sandbox, {
      start: await baseRevision(rig, rig.defaultBranch),
    });
    crashPoint("pool.worktree.done");
    const warnings = [...broken, ...(await setUpSandbox({ rig, worktree: seat.worktree, name: seat.name }))];
    const agent = await access.ledger.agent(seat.address);
    await journal.finish([
      { op: "expectAgent", address: seat.address, expected: { state: "spawning" } },
      {
        op: "setAgent",
        address: seat.address,
        fields: { state: nextState(seat.address, "spawning", "spawn-finished"), hookState: "created" },
      },
      ...(agent === undefined ? [] : [assignmentEvent(agent, "created")]),
    ]);
    return { address: seat.address, warnings };
  } catch (error) {
    await undoDispatch(access, rig, journal);
    throw error;
  } finally {
    seat.lock.release();
  }
}

async function reserve(
  access: TownAccess,
  rig: Rig,
): Promise<{ readonly seat: Seat; readonly journal: OperationJournal<SlingData> }> {
  const pool = await acquireLock(access.town.paths.locks, `pool-${rig.name}`, {
    waitMs: 30_000,
    kind: "pool-init",
    subject: `pool of ${rig.name}`,
  });
  try {
    const seat = await takeNewSeat(access, rig);
    const { address, beadId, name, worktree, before } = seat;
    const journal = await OperationJournal.begin<SlingData>(access, {
      kind: "sling",
      subject: { agent: address, bead: "", rig: rig.name },
      step: "allocate",
      data: {
        ...{ name, worktree, isReused: false, branch: "", start: "", isCommitted: false },
        before: { status: "", assignee: "", attachment: null, attempts: 0, awaitingMerge: "" },
      },
      operations: [
        {
          op: "ensureAgent",
          agent: {
            ...{ id: beadId, address, role: "polecat", rig: rig.name, name },
            state: nextState(address, before?.state ?? "none", "spawn"),
          },
        },
        { op: "event", event: { type: "spawn", payload: { polecat: name, bead: "", rig: rig.name } } },
      ],
    });
    return { seat, journal };
  } finally {
    pool.release();
  }
}
