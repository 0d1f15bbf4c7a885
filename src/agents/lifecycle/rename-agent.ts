import { existsSync, mkdirSync, renameSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { crashPoint } from "../../core/crash-point.ts";
import { archivedRefs } from "../../core/git/archive.ts";
import { openGit, runGit } from "../../core/git/git.ts";
import { listSnapshots, refOf } from "../../core/git/list-snapshots.ts";
import { moveWorktree } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { RuntimeRow } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { type Address, formatAddress } from "../../core/town/address.ts";
import { agentBeadId } from "../../core/town/agent-names.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { withAgentLock } from "./agent-lock.ts";
import { liveSession } from "./agent-session.ts";
import { OperationJournal, type OperationRecord } from "./operation-record.ts";
import { seatPlaces } from "./polecat-places.ts";

export interface RenameRequest {
  readonly rig: Rig;
  readonly role: "crew" | "polecat";
  readonly from: string;
  /** Checked by the caller against the rules for names of its role. */
  readonly to: string;
}

interface RenameData {
  readonly role: "crew" | "polecat";
  readonly from: string;
  readonly to: string;
}

/**
 * Gives a polecat or crew member another name: sandbox, snapshots, hook, unfinished beads and mail go along; the old
 * identity is closed and linked (spec/04 §3.8, §4). `E_SESSION_LIVE`, `E_EXISTS`,
 * `E_AWAITING_MERGE`. Killed at any step it is finished later.
 */
export async function renameAgent(access: TownAccess, request: RenameRequest): Promise<string> {
  const { rig, role, from, to } = request;
  const [old, fresh] = [addressOf(rig, role, from), addressOf(rig, role, to)];
  const [first = "", second = ""] = [old, fresh].sort();
  return withAgentLock(access, first, "rename", () =>
    withAgentLock(access, second, "rename", async () => {
      const agent = await access.ledger.agent(old);
      if (agent === undefined || agent.state === "nuked")
        throw new GtError("E_AGENT_NOT_FOUND", `there is no ${role} ${old}`, { hint: "gt agents --all" });
      const other = await access.ledger.agent(fresh);
      if ((other !== undefined && other.state !== "nuked") || existsSync(homeOf(rig, role, to)))
        throw new GtError("E_EXISTS", `${fresh} exists already`, { hint: "gt agents --all" });
      if ((await liveSession(access, old)) !== undefined)
        throw new GtError("E_SESSION_LIVE", `the session of ${old} is running`, {
          hint: `gt session stop ${old}`,
        });
      if (agent.activeMr !== "")
        throw new GtError("E_AWAITING_MERGE", `${agent.activeMr} of ${old} waits in the merge queue`, {
          hint: `gt mq status ${agent.activeMr}`,
        });
      const journal = await OperationJournal.begin<RenameData>(access, {
        kind: "rename",
        subject: { agent: old, bead: agent.hookBead, rig: rig.name },
        step: "move",
        data: { role, from, to },
      });
      try {
        await carryOut(access, rig, journal);
      } catch (error) {
        await journal.leave(error instanceof Error ? error.message : String(error));
        throw error;
      }
      return fresh;
    }),
  );
}

/** Goes on with a rename whose process died. */
export async function recoverRename(
  access: TownAccess,
  row: RuntimeRow<OperationRecord<never>>,
): Promise<"resumed"> {
  const journal = await OperationJournal.adopt<RenameData>(access, row);
  await carryOut(access, access.town.rig(journal.record.subject.rig), journal);
  return "resumed";
}

async function carryOut(access: TownAccess, rig: Rig, journal: OperationJournal<RenameData>): Promise<void> {
  const { data } = journal;
  await (data.role === "crew" ? moveClone(rig, data) : moveSandbox(rig, data));
  const repository = data.role === "crew" ? homeOf(rig, "crew", data.to) : rig.repository;
  await moveRefs(repository, data);
  crashPoint("rename.moved");
  await journal.finish(await takeOver(access, rig, data));
}

function moveClone(rig: Rig, { from, to }: RenameData): void {
  if (existsSync(homeOf(rig, "crew", to)) || !existsSync(homeOf(rig, "crew", from))) return;
  renameSync(homeOf(rig, "crew", from), homeOf(rig, "crew", to));
}

/** git knows where its worktrees are, so git moves them. */
async function moveSandbox(rig: Rig, { from, to }: RenameData): Promise<void> {
  const [old, fresh] = [seatPlaces(rig, from), seatPlaces(rig, to)];
  if (!existsSync(fresh.worktree) && existsSync(old.worktree)) {
    mkdirSync(fresh.home, { recursive: true });
    await moveWorktree(rig.repository, old.worktree, fresh.worktree);
  }
  if (!existsSync(old.home)) return;
  try {
    rmdirSync(old.home);
  } catch {
    // Something of the agent's lies beside the worktree; it goes along.
    renameSync(old.home, join(fresh.home, `of-${from}`));
  }
}

/** All at once. Who had the fresh name before, and was removed, keeps his: snapshots come after them, archives beside. */
async function moveRefs(repository: string, { role, from, to }: RenameData): Promise<void> {
  const place = role === "crew" ? "crew" : "polecats";
  const [last] = await listSnapshots(repository, `${place}/${to}`);
  const present = new Set(await archivedRefs(repository, `${place}/${to}`));
  const commands: string[] = [];
  let seq = last?.seq ?? 0;
  for (const { ref, commit } of (await listSnapshots(repository, `${place}/${from}`)).toReversed())
    commands.push(`create ${refOf(`${place}/${to}`, ++seq)} ${commit}`, `delete ${ref} ${commit}`);
  const prefix = `refs/gt/archive/${place}/${from}/`;
  for (const ref of await archivedRefs(repository, `${place}/${from}`)) {
    const name = `refs/gt/archive/${place}/${to}/${ref.slice(prefix.length)}`;
    const commit = await runGit(repository, ["rev-parse", "--verify", "--end-of-options", ref]);
    commands.push(
      `create ${present.has(name) ? `${name}-of-${from}` : name} ${commit}`,
      `delete ${ref} ${commit}`,
    );
  }
  if (commands.length > 0)
    await openGit(repository, { input: `${commands.join("\n")}\n` }).raw(["update-ref", "--stdin"]);
}

/** The batch in which the new identity takes over everything that the old one held. */
async function takeOver(
  access: TownAccess,
  rig: Rig,
  { role, from, to }: RenameData,
): Promise<readonly Operation[]> {
  const [old, fresh] = [addressOf(rig, role, from), addressOf(rig, role, to)];
  const agent = await access.ledger.agent(old);
  if (agent === undefined) return [];
  const held = (await access.ledger.find({ assignee: old })).filter((bead) => bead.status !== "closed");
  const id = agentBeadId({ role, rig: rig.name, name: to }, rig);
  const { hookBead, hookState, hookSeq, state, mode, runtime, branch, baseBranch, baseSha, activeMr } = agent;
  return [
    {
      op: "ensureAgent",
      agent: { id, address: fresh, role, rig: rig.name, name: to, state },
    },
    { op: "setAgent", address: old, fields: { hookBead: "", hookState: "archived", state: "nuked" } },
    {
      op: "setAgent",
      address: fresh,
      fields: {
        ...{ hookBead, hookState, hookSeq, state, mode, runtime, branch, baseBranch, baseSha, activeMr },
        ...{ cleanupStatus: agent.cleanupStatus, exitType: agent.exitType, mrId: agent.mrId },
        completionTime: agent.completionTime ?? null,
      },
    },
    ...held.map((bead): Operation => ({ op: "update", id: bead.id, fields: { assignee: fresh } })),
    { op: "update", id, fields: { metadata: { renamed_from: agent.id } } },
    { op: "close", id: agent.id, close: { reason: `renamed to ${fresh}`, force: true } },
    {
      op: "event",
      event: { type: "agent_state", payload: { agent: fresh, from: old, to: fresh } },
    },
  ];
}

function addressOf(rig: Rig, role: Address["role"], name: string): string {
  return formatAddress({ role, rig: rig.name, name });
}

function homeOf(rig: Rig, role: "crew" | "polecat", name: string): string {
  return role === "crew" ? join(rig.crew, name) : dirname(seatPlaces(rig, name).worktree);
}
