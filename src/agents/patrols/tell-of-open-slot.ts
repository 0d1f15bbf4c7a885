import { trackedIds } from "../../core/convoys/convoy-snapshot.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { protocolEvent, roleMail } from "../../core/mail/role-message.ts";
import { openContexts } from "../../core/scheduler/sling-context.ts";
import type { Rig } from "../../core/town/town.ts";
import { nudge } from "../sessions/nudge.ts";
import type { TownAccess } from "../town-access.ts";
import { patrolTable } from "./worker-memory.ts";

const mailEveryMs = 10 * 60_000;

/** Up to when the mayor was told about free polecats of a rig, and when he was last told by mail. */
interface ToldOfSlots {
  readonly doneAt: number;
  readonly mailedAt?: number;
}

/**
 * SLOT_OPEN (spec/04 §9.4): the mayor hears of a polecat that has finished while there is ready work that nobody has
 * planned. Without such work he is left alone: a nudge is a turn of his.
 */
export async function tellOfOpenSlot(access: TownAccess, rig: Rig): Promise<void> {
  const { ledger, actor, clock } = access;
  const idle = await ledger.agents({ rig: rig.name, role: "polecat", state: "idle" });
  const [newest] = idle.toSorted((one, two) => (two.completionTime ?? 0) - (one.completionTime ?? 0));
  const doneAt = newest?.completionTime ?? 0;
  const key = `slots:${rig.name}`;
  const told = (await ledger.row<ToldOfSlots>(patrolTable, key))?.value;
  if (newest === undefined || doneAt <= (told?.doneAt ?? 0)) return;
  const [next] = await unplannedWork(access, rig);
  const subject = `SLOT_OPEN ${newest.address}`;
  const isTold = next !== undefined && (await nudgeMayor(access, rig, `${subject}: ${next.id} is ready`));
  const message = {
    ...{ from: `${rig.name}/witness`, to: "mayor/", subject },
    values: { Exit: newest.exitType, Ready: next?.id },
  };
  const mayMail = clock.now() - (told?.mailedAt ?? 0) >= mailEveryMs;
  const isMailed = next !== undefined && !isTold && mayMail;
  const mailedAt = isMailed ? clock.now() : told?.mailedAt;
  await ledger.write(actor, [
    {
      op: "putRow",
      table: patrolTable,
      key,
      value: { doneAt, ...(mailedAt === undefined ? {} : { mailedAt }) } satisfies ToldOfSlots,
    },
    protocolEvent({ ...message, rig: rig.name, source: "daemon" }),
    ...(isMailed ? roleMail(access.random, message) : []),
  ]);
}

/** False when he has no session. */
async function nudgeMayor(access: TownAccess, rig: Rig, text: string): Promise<boolean> {
  try {
    await nudge(access, { to: "mayor/", from: `${rig.name}/witness`, text, mode: "wait-idle" });
    return true;
  } catch (error) {
    if (error instanceof GtError && ["E_SESSION_NOT_FOUND", "E_HOST_DOWN"].includes(error.code)) return false;
    throw error;
  }
}

/** Ready beads of the rig that nobody holds and neither a queue nor a convoy will start. */
async function unplannedWork({ ledger }: TownAccess, rig: Rig): Promise<readonly Bead[]> {
  const ready = await ledger.ready({ scope: rig.name, assignee: "", excludeType: ["epic", "convoy"] });
  if (ready.length === 0) return [];
  const planned = new Set((await openContexts(ledger)).contexts.map((context) => context.bead));
  const convoys = await ledger.find({ type: "convoy", notStatus: "closed" });
  for (const tracked of (await trackedIds(ledger, convoys)).values())
    for (const id of tracked) planned.add(id);
  return ready.filter((bead) => !planned.has(bead.id));
}
