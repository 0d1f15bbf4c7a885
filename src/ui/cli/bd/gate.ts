import { deadlineOf, gateRecord } from "../../../agents/gates/decide-gate.ts";
import { formatAge } from "../../../core/duration.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { watchLedger } from "../../../core/ledger/watch-ledger.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadJson } from "./bead-json.ts";
import { nameBead } from "./bead-text.ts";
import { reread } from "./each-bead.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

export const gateTypes = ["human", "timer", "gh:run", "gh:pr", "bead", "mail", "condition"];
const needsId = new Set(["gh:pr", "bead", "mail", "condition"]);

/** `bd gate create --blocks X`: the gate and the edge in one transaction (spec/02 §14.5). */
export async function create(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const blocked = flags.string("blocks");
  if (blocked === undefined)
    throw usageError("missing flag --blocks <id>", { hint: "bd gate create --blocks <id>" });
  const type = flags.string("type") ?? "human";
  if (!gateTypes.includes(type))
    throw usageError(`--type: "${sanitiseLine(type)}" is not possible`, {
      why: [`one of: ${gateTypes.join(", ")}`],
    });
  const awaitId = flags.string("await-id") ?? "";
  if (needsId.has(type) && awaitId === "")
    throw usageError(`a ${type} gate needs --await-id`, {
      hint: `bd gate create --type ${type} --await-id <id> --blocks ${sanitiseLine(blocked)}`,
    });
  if (type === "timer" && !flags.has("timeout")) throw usageError("a timer gate needs --timeout");
  const workspace = await openWorkspace(context);
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
      const deadline = deadlineOf(gate);
      const cells = [
        gate.id,
        gate.awaitType || "human",
        gate.awaitId,
        gateRecord(gate).state,
        blocks.join(", "),
        formatAge(workspace.now - gate.createdAt),
        deadline === undefined ? "" : new Date(deadline).toISOString(),
      ];
      return cells.map(sanitiseLine);
    }),
  );
  out.table(["GATE", "TYPE", "WAITS FOR", "STATE", "BLOCKS", "AGE", "DEADLINE"], rows);
}

/** `bd gate show X`. */
export async function show(context: CommandContext): Promise<void> {
  const { out } = context;
  const { gate } = await gateOf(context);
  out.document(beadJson(gate));
  out.line(`${gate.id}: ${sanitiseLine(gate.title)}`);
  const { state, lastReason } = gateRecord(gate);
  const deadline = deadlineOf(gate);
  out.line(`  State: ${state}${lastReason === "" ? "" : ` (${sanitiseLine(lastReason)})`}`);
  out.line(`  Waits for: ${sanitiseLine(`${gate.awaitType || "human"} ${gate.awaitId}`)}`);
  if (deadline !== undefined) out.line(`  Deadline: ${new Date(deadline).toISOString()}`);
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

/** `bd gate wait X`: 0 when resolved, 3 when failed, 124 after `--timeout`. */
export async function wait(context: CommandContext): Promise<number> {
  const { flags, out } = context;
  const { gate, workspace } = await gateOf(context);
  const timeout = flags.duration("timeout");
  const signal = context.untilSignal();
  const closed = await new Promise<Bead | undefined>((resolvePromise) => {
    const look = async () => {
      const now = await workspace.ledger.get(gate.id);
      if (now === undefined || ["resolved", "failed"].includes(gateRecord(now).state)) finish(now);
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
  const { state, lastReason } = gateRecord(closed);
  const hasFailed = state === "failed" || closed.outcome === "failure";
  out.document(beadJson(closed));
  out.line(
    `${closed.id} ${hasFailed ? "failed" : "resolved"}: ${sanitiseLine(closed.closeReason || lastReason)}`,
  );
  return hasFailed ? 3 : 0;
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
          gate: {
            state: "armed",
            armed_at: new Date(workspace.now).toISOString(),
            last_reason: null,
            escalated_at: null,
          },
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

/** The gate that the first argument names. */
async function gateOf(
  context: CommandContext,
): Promise<{ readonly gate: Bead; readonly workspace: Workspace }> {
  const workspace = await openWorkspace(context);
  const gate = await reread(workspace, await workspace.resolve(context.args[0] ?? ""));
  if (gate.type !== "gate") throw usageError(`${gate.id} is not a gate (type=${gate.type})`);
  return { gate, workspace };
}
