import { usageError } from "../../../core/gt-error.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { watchLedger } from "../../../core/ledger/watch-ledger.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadJson } from "./bead-json.ts";
import { nameBead } from "./bead-text.ts";
import { reread } from "./each-bead.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

const types = ["human", "timer", "gh:run", "gh:pr", "bead", "mail", "condition"];

/** `bd gate create --blocks X`: the gate and the edge in one transaction (spec/02 §14.5). */
export async function create(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const blocked = flags.string("blocks");
  if (blocked === undefined)
    throw usageError("missing flag --blocks <id>", { hint: "bd gate create --blocks <id>" });
  const type = flags.string("type") ?? "human";
  if (!types.includes(type))
    throw usageError(`--type: "${sanitiseLine(type)}" is not possible`, {
      why: [`one of: ${types.join(", ")}`],
    });
  const workspace = await openWorkspace(context);
  const awaitId = flags.string("await-id") ?? "";
  const { named } = await workspace.write([
    {
      op: "create",
      as: "gate",
      bead: {
        title: `Gate: ${type} ${awaitId}`.trimEnd(),
        type: "gate",
        awaitType: type,
        awaitId,
        timeoutNs: (flags.duration("timeout") ?? 0) * 1_000_000,
        description: flags.string("reason") ?? "",
        metadata: { gate: { state: "armed", armed_at: new Date(workspace.now).toISOString() } },
      },
    },
    { op: "addDependency", edge: { from: await workspace.resolve(blocked), to: "$gate", type: "blocks" } },
  ]);
  const gate = await reread(workspace, named["gate"] ?? "");
  out.document(beadJson(gate));
  if (!out.json) out.done(`Created gate ${nameBead(gate, workspace)}`);
}

/** `bd gate list`. */
export async function list(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const gates = await workspace.ledger.find({
    type: "gate",
    limit: flags.integer("limit") ?? 50,
    ...(flags.boolean("all") ? {} : { notStatus: "closed" }),
  });
  out.document(gates.map((gate) => beadJson(gate)));
  if (gates.length === 0) {
    out.line("No gates");
    return;
  }
  const rows = await Promise.all(
    gates.map(async (gate) => {
      const blocks = (await workspace.ledger.dependents(gate.id)).map((edge) => edge.from);
      const deadline =
        gate.timeoutNs === 0 ? "" : new Date(gate.createdAt + gate.timeoutNs / 1e6).toISOString();
      const cells = [
        gate.id,
        gate.awaitType || "human",
        gate.awaitId,
        stateOf(gate),
        blocks.join(", "),
        deadline,
      ];
      return cells.map(sanitiseLine);
    }),
  );
  out.table(["GATE", "TYPE", "WAITS FOR", "STATE", "BLOCKS", "DEADLINE"], rows);
}

function stateOf(gate: Bead): string {
  if (gate.status === "closed") return "resolved";
  const own = gate.metadata["gate"];
  return typeof own === "object" && own !== null && "state" in own ? String(own.state) : "armed";
}

/** `bd gate show X`. */
export async function show(context: CommandContext): Promise<void> {
  const { out } = context;
  const { gate } = await gateOf(context);
  out.document(beadJson(gate));
  out.line(`${gate.id}: ${sanitiseLine(gate.title)}`);
  out.line(`  State: ${stateOf(gate)}`);
  out.line(`  Waits for: ${sanitiseLine(`${gate.awaitType || "human"} ${gate.awaitId}`)}`);
  if (gate.description !== "") out.line(`  Reason: ${sanitiseLine(gate.description)}`);
  if (gate.waiters.length > 0) out.line(`  Waiters: ${gate.waiters.map(sanitiseLine).join(", ")}`);
}

/** `bd gate resolve X`: closes it whatever its condition says. */
export async function resolve(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const { gate, workspace } = await gateOf(context);
  if (gate.status === "closed") {
    out.document(beadJson(gate));
    out.line(`${gate.id} is already resolved`);
    return;
  }
  const reason = flags.string("reason") || "resolved";
  await workspace.write([
    { op: "update", id: gate.id, fields: { metadata: { gate: { state: "resolved" } } } },
    { op: "close", id: gate.id, close: { reason, outcome: "success", force: true } },
  ]);
  const after = await reread(workspace, gate.id);
  out.document(beadJson(after));
  if (!out.json) out.done(`Resolved gate ${nameBead(after, workspace)}: ${sanitiseLine(reason)}`);
}

/** `bd gate check`: closes gates whose condition holds and that this machine can tell: timers and beads. */
export async function check(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const wanted = flags.string("type") ?? "all";
  const gates = (
    await workspace.ledger.find({ type: "gate", notStatus: "closed", limit: flags.integer("limit") ?? 100 })
  ).filter(
    (gate) =>
      gate.awaitType !== "human" &&
      gate.awaitType !== "" &&
      (wanted === "all" || gate.awaitType.startsWith(wanted)),
  );
  const isDry = flags.boolean("dry-run");
  let resolved = 0;
  for (const gate of gates) {
    const verdict = await verdictOf(workspace, gate);
    if (verdict.isMet) {
      resolved++;
      if (!isDry) {
        await workspace.write([
          { op: "update", id: gate.id, fields: { metadata: { gate: { state: "resolved" } } } },
          { op: "close", id: gate.id, close: { reason: verdict.why, outcome: "success", force: true } },
        ]);
      }
    }
    out.line(`${gate.id}: ${verdict.isMet ? "resolved" : "pending"} (${sanitiseLine(verdict.why)})`);
  }
  out.document({ checked: gates.length, resolved, escalated: 0, errors: 0, dry_run: isDry });
  if (gates.length === 0) out.line("No gates to check");
}

export interface GateVerdict {
  readonly isMet: boolean;
  /** A machine can tell at all. */
  readonly isCheckable: boolean;
  readonly why: string;
}

/** Whether a gate's condition holds now, as far as the ledger and the clock can tell. */
export async function verdictOf({ ledger, now }: Workspace, gate: Bead): Promise<GateVerdict> {
  if (gate.awaitType === "timer") {
    const dueAt = gate.createdAt + gate.timeoutNs / 1e6;
    return {
      isCheckable: true,
      isMet: now >= dueAt,
      why: now >= dueAt ? "timer elapsed" : `timer runs until ${new Date(dueAt).toISOString()}`,
    };
  }
  if (gate.awaitType === "bead") {
    const bead = await ledger.get(gate.awaitId);
    const isMet = bead?.status === "closed";
    const why = bead === undefined ? `${gate.awaitId} does not exist` : `${gate.awaitId} is ${bead.status}`;
    return { isCheckable: bead !== undefined, isMet, why };
  }
  return { isCheckable: false, isMet: false, why: `${gate.awaitType || "human"} cannot be checked here` };
}

/** `bd gate wait X`: 0 when resolved, 3 when failed, 124 after `--timeout`. */
export async function wait(context: CommandContext): Promise<number> {
  const { flags, out } = context;
  const { gate, workspace } = await gateOf(context);
  const timeout = flags.duration("timeout");
  const signal = context.untilSignal();
  const closed = await new Promise<Bead | undefined>((resolvePromise) => {
    const look = async () => {
      const now = await workspace.ledger.get(gate.id);
      if (now === undefined || now.status === "closed") finish(now);
    };
    const watcher = watchLedger(workspace.ledger, () => void look());
    const timer = timeout === undefined ? undefined : setTimeout(() => finish(undefined), timeout);
    const finish = (result: Bead | undefined) => {
      clearTimeout(timer);
      void watcher.close();
      resolvePromise(result);
    };
    signal.addEventListener("abort", () => finish(undefined), { once: true });
    void look();
  });
  if (signal.aborted) return Number(signal.reason);
  if (closed === undefined)
    throw new GtError("E_TIMEOUT", `gate ${gate.id} is still open`, { exitCode: 124 });
  out.document(beadJson(closed));
  out.line(`${closed.id} ${closed.outcome}: ${sanitiseLine(closed.closeReason)}`);
  return closed.outcome === "failure" ? 3 : 0;
}

/** `bd gate retry X`: armed anew. */
export async function retry(context: CommandContext): Promise<void> {
  const { out } = context;
  const { gate, workspace } = await gateOf(context);
  await workspace.write([
    ...(gate.status === "closed" ? [{ op: "reopen", id: gate.id, reason: "retry" } as const] : []),
    {
      op: "update",
      id: gate.id,
      fields: {
        metadata: {
          gate: { state: "armed", armed_at: new Date(workspace.now).toISOString(), failure: null },
        },
      },
    },
  ]);
  const after = await reread(workspace, gate.id);
  out.document(beadJson(after));
  if (!out.json) out.done(`Armed gate ${nameBead(after, workspace)}`);
}

/** `bd gate add-waiter G W`. */
export async function addWaiter(context: CommandContext): Promise<void> {
  const { out, args } = context;
  const { gate, workspace } = await gateOf(context);
  const waiter = args[1] ?? "";
  if (!gate.waiters.includes(waiter)) {
    await workspace.write([{ op: "update", id: gate.id, fields: { waiters: [...gate.waiters, waiter] } }]);
  }
  const after = await reread(workspace, gate.id);
  out.document(beadJson(after));
  if (!out.json) out.done(`${sanitiseLine(waiter)} waits for ${gate.id}`);
}

async function gateOf(
  context: CommandContext,
): Promise<{ readonly gate: Bead; readonly workspace: Workspace }> {
  const workspace = await openWorkspace(context);
  const gate = await reread(workspace, await workspace.resolve(context.args[0] ?? ""));
  if (gate.type !== "gate") throw usageError(`${gate.id} is not a gate (type=${gate.type})`);
  return { gate, workspace };
}
