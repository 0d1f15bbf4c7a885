import { GtError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { Conflict } from "../../../core/ledger/conflict.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

interface Slot {
  readonly id: string;
  readonly bead: Bead | undefined;
  readonly holder: string;
  readonly waiters: readonly string[];
}

/** `bd merge-slot create`: the place that one holder uses at a time (spec/01 §10.4). */
export async function create(context: CommandContext): Promise<void> {
  const { out } = context;
  const workspace = await openWorkspace(context);
  const { id, bead, holder, waiters } = await readSlot(workspace);
  if (bead === undefined) {
    const metadata = { slot: { holder: "", waiters: [] } };
    await workspace.write([{ op: "create", bead: { id, title: "Merge slot", type: "slot", metadata } }]);
  }
  out.document({ id, available: holder === "", holder, waiters });
  if (!out.json) out.done(bead === undefined ? `Created ${id}` : `${id} exists`);
}

/** `bd merge-slot check`. */
export async function check(context: CommandContext): Promise<void> {
  const { out } = context;
  const { id, bead, holder, waiters } = await readSlot(await openWorkspace(context));
  if (bead === undefined) {
    out.document({ id, available: false, error: "not found" });
    out.line(`${id} does not exist: bd merge-slot create`);
    return;
  }
  out.document({ id, available: holder === "", holder, waiters });
  out.line(holder === "" ? `${id} is free` : `${id} is held by ${sanitiseLine(holder)}`);
  for (const waiter of waiters) out.line(`  waiting: ${sanitiseLine(waiter)}`);
}

/** `bd merge-slot acquire`: held by somebody else ends with 1; `--wait` queues, first come first served. */
export async function acquire(context: CommandContext): Promise<number> {
  const { out, flags } = context;
  const workspace = await openWorkspace(context);
  const who = flags.string("holder") ?? workspace.actor;
  const slot = await readSlot(workspace);
  if (slot.bead === undefined) throw notThere(slot.id);
  const mayTake = slot.holder === who || (slot.holder === "" && (slot.waiters[0] ?? who) === who);
  if (mayTake) {
    await store(workspace, slot, { holder: who, waiters: slot.waiters.filter((waiter) => waiter !== who) });
    out.document({ id: slot.id, acquired: true, holder: who });
    if (!out.json) out.done(`Acquired ${slot.id}`);
    return 0;
  }
  const isQueued = slot.waiters.includes(who);
  const waiters = flags.boolean("wait") && !isQueued ? [...slot.waiters, who] : slot.waiters;
  if (waiters !== slot.waiters) await store(workspace, slot, { holder: slot.holder, waiters });
  const position = waiters.indexOf(who) + 1;
  out.document({
    id: slot.id,
    acquired: false,
    holder: slot.holder,
    ...(position > 0 ? { waiting: true, position } : {}),
  });
  const place = position > 0 ? `; you are number ${position} in the queue` : "";
  out.line(`${slot.id} is held by ${sanitiseLine(slot.holder || (slot.waiters[0] ?? ""))}${place}`);
  return 1;
}

/** `bd merge-slot release`. */
export async function release(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const workspace = await openWorkspace(context);
  const who = flags.string("holder") ?? workspace.actor;
  const slot = await readSlot(workspace);
  if (slot.bead === undefined) throw notThere(slot.id);
  if (slot.holder !== "" && slot.holder !== who) {
    throw new Conflict(`${slot.id} is held by ${slot.holder}, not by ${who}`);
  }
  if (slot.holder !== "") await store(workspace, slot, { holder: "", waiters: slot.waiters });
  out.document({ id: slot.id, released: true });
  if (!out.json) out.done(`Released ${slot.id}`);
}

async function readSlot({ ledger, scope }: Workspace): Promise<Slot> {
  const entries = await ledger.prefixes();
  const prefix = (entries.find((entry) => entry.scope === scope) ?? entries[0])?.prefix ?? "bd";
  const id = `${prefix}-merge-slot`;
  const bead = await ledger.get(id);
  const own = bead?.metadata["slot"];
  const fields = typeof own === "object" && own !== null ? (own as Readonly<Record<string, unknown>>) : {};
  return {
    id,
    bead,
    holder: typeof fields["holder"] === "string" ? fields["holder"] : "",
    waiters: Array.isArray(fields["waiters"]) ? fields["waiters"].map(String) : [],
  };
}

/** Compare and set: somebody who was faster makes this a conflict. */
async function store(
  workspace: Workspace,
  slot: Slot,
  value: { readonly holder: string; readonly waiters: readonly string[] },
): Promise<void> {
  await workspace.write([
    { op: "expect", id: slot.id, expected: { rev: slot.bead?.rev ?? 0 } },
    { op: "update", id: slot.id, fields: { metadata: { slot: value } } },
  ]);
}

function notThere(id: string): GtError {
  return new GtError("E_NOT_FOUND", `${id} does not exist`, { exitCode: 3, hint: "bd merge-slot create" });
}
