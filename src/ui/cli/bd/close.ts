import { GtError, usageError } from "../../../core/gt-error.ts";
import type { Bead, Outcome } from "../../../core/ledger/bead.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import { outcomeOfReason } from "../../../core/ledger/outcome.ts";
import { isBeadId } from "../../../core/ledger/new-id.ts";
import { settingsIfSet } from "../../../core/ledger/settings-if-set.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext, FlagValues } from "../command.ts";
import { beadEvent } from "./bead-event.ts";
import { beadJson } from "./bead-json.ts";
import { nameBead } from "./bead-text.ts";
import { invalid, readText } from "./content.ts";
import { eachBead, reread } from "./each-bead.ts";
import { idsOrTouched, rememberTouched } from "./last-touched.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

const outputLimit = 64 * 1024;

/** `bd close` (spec/01 §10.4, rules in §5.3). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const { inputs, reasons } = await closeRequest(context, workspace);
  const isSingle = ["suggest-next", "continue"].some((name) => flags.boolean(name));
  if (isSingle && inputs.length > 1) throw usageError("--suggest-next and --continue take one id");
  const waiting = flags.boolean("suggest-next") ? await waitingFor(workspace, inputs[0] ?? "") : [];
  const closed = await eachBead(context, workspace, inputs, async (bead, index) => {
    const reason = (reasons.length > 1 ? reasons[index] : reasons[0]) ?? "";
    if (!flags.boolean("force")) {
      await checkReason(context, workspace, reason);
      await checkGate(context, workspace, bead);
    }
    await workspace.write(closeOperations(context, bead, reason));
    rememberTouched(workspace, bead.id);
    return reread(workspace, bead.id);
  });
  if (!out.json) {
    for (const bead of closed)
      out.done(`Closed ${nameBead(bead, workspace)}: ${sanitiseLine(bead.closeReason)}`);
  }
  if (flags.boolean("suggest-next")) return suggestNext(context, workspace, closed, waiting);
  if (flags.boolean("claim-next")) return claimNext(context, workspace, closed);
  if (flags.boolean("continue")) {
    const { continueMolecule } = await import("./continue-molecule.ts");
    return continueMolecule(context, workspace, closed);
  }
  out.document(closed.map((bead) => beadJson(bead)));
}

async function closeRequest(
  context: CommandContext,
  workspace: Workspace,
): Promise<{ readonly inputs: readonly string[]; readonly reasons: readonly string[] }> {
  const { flags, cwd } = context;
  const words = [...context.args, ...context.rest];
  const reasons = [...flags.strings("reason")];
  if (flags.has("reason-file")) {
    if (reasons.length > 0) throw usageError("--reason and --reason-file cannot be used together");
    reasons.push(readText(cwd, flags.string("reason-file") ?? ""));
  }
  if (reasons.includes("-")) reasons[reasons.indexOf("-")] = await context.input();
  // `done` is the spoken form: what follows the ids is the reason.
  const last = words.at(-1);
  if (words.length > 1 && reasons.length === 0 && last !== undefined && !(await isBead(workspace, last))) {
    reasons.push(words.pop() ?? "");
  }
  const inputs = idsOrTouched(workspace, words);
  if (reasons.length > 1 && reasons.length !== inputs.length) {
    throw usageError(
      `${reasons.length} reasons for ${inputs.length} issues: give one for all or one for each`,
    );
  }
  return { inputs, reasons };
}

async function isBead(workspace: Workspace, word: string): Promise<boolean> {
  if (/\s/.test(word)) return false;
  if (isBeadId(word)) return true;
  try {
    await workspace.resolve(word);
    return true;
  } catch (error) {
    return error instanceof GtError && error.code === "E_AMBIGUOUS";
  }
}

/** Config `validation.on-close`: `none`, `warn` or `error` (spec/01 §5.3). */
async function checkReason(
  { out, env }: CommandContext,
  { beadsDir }: Workspace,
  reason: string,
): Promise<void> {
  const key = "validation.on-close";
  const rule = (await settingsIfSet(beadsDir, env, [key]))?.text(key);
  if (rule !== "warn" && rule !== "error") return;
  const text = reason.trim();
  if (text.length >= 20 && text.toLowerCase() !== "closed") return;
  const message = "a close reason of at least 20 characters is required";
  if (rule === "error") throw new GtError("E_REFUSED", message, { hint: 'bd close <id> --reason "..."' });
  out.warn(message);
}

/** A gate whose condition a machine can tell opens by its condition, not by a word (spec/01 §4.6). */
async function checkGate(context: CommandContext, workspace: Workspace, bead: Bead): Promise<void> {
  if (bead.type !== "gate" || bead.status === "closed" || ["", "human"].includes(bead.awaitType)) return;
  const { gateVerdict } = await import("./gate-check.ts");
  const verdict = await gateVerdict(context, workspace, bead);
  if (verdict.is === "met") return;
  if (verdict.is === "unknown") {
    context.out.warn(`${bead.id}: ${sanitiseLine(verdict.why)}`);
    return;
  }
  const message = `cannot close ${bead.id}: gate condition not satisfied: ${verdict.why} (use --force to override)`;
  throw new GtError("E_REFUSED", message, { hint: `bd gate show ${bead.id}` });
}

function closeOperations({ flags, env }: CommandContext, bead: Bead, reason: string): readonly Operation[] {
  const session = flags.string("session") ?? env["CLAUDE_SESSION_ID"] ?? "";
  const outcome = outcomeFlag(flags);
  const operations: Operation[] = [];
  const output = flags.string("output");
  if (output !== undefined && bead.status !== "closed") {
    operations.push({ op: "update", id: bead.id, fields: { metadata: { output: parseOutput(output) } } });
  }
  operations.push({
    op: "close",
    id: bead.id,
    close: {
      reason: reason.trim() === "" ? "Closed" : reason,
      session,
      ...(outcome === undefined ? {} : { outcome }),
      ...(flags.boolean("force") ? { force: true } : {}),
    },
  });
  if (bead.status === "closed") return operations;
  const hasFailed = (outcome ?? outcomeOfReason(reason)) === "failure";
  operations.push(
    ...beadEvent(bead, hasFailed ? "fail" : "complete", {
      bead: bead.id,
      title: bead.title,
      ...(reason.trim() === "" ? {} : { reason }),
    }),
  );
  return operations;
}

function outcomeFlag(flags: FlagValues): Outcome | undefined {
  if (flags.boolean("failed") && flags.boolean("skipped")) {
    throw usageError("--failed and --skipped cannot be used together");
  }
  if (flags.boolean("failed")) return "failure";
  return flags.boolean("skipped") ? "skipped" : undefined;
}

function parseOutput(text: string): unknown {
  if (Buffer.byteLength(text) > outputLimit) throw invalid(`output too large (maximum ${outputLimit} bytes)`);
  try {
    return JSON.parse(text);
  } catch {
    throw invalid("--output is not valid JSON");
  }
}

/** Beads that are blocked now and depend on this one, directly or through a parent. */
async function waitingFor(workspace: Workspace, input: string): Promise<readonly string[]> {
  const { ledger } = workspace;
  const id = await workspace.resolve(input);
  const direct = (await ledger.dependents(id)).map((edge) => edge.from);
  const beads = await ledger.getMany(direct);
  return direct.filter((other) => beads.get(other)?.isBlocked);
}

async function suggestNext(
  { out }: CommandContext,
  workspace: Workspace,
  closed: readonly Bead[],
  waiting: readonly string[],
): Promise<void> {
  const now = await workspace.ledger.getMany(waiting);
  const unblocked = waiting.flatMap((id) => {
    const bead = now.get(id);
    return bead === undefined || bead.isBlocked || bead.status === "closed" ? [] : [bead];
  });
  if (unblocked.length === 0) {
    out.document(closed.map((bead) => beadJson(bead)));
    return;
  }
  out.document({
    closed: closed.map((bead) => beadJson(bead)),
    unblocked: unblocked.map((bead) => beadJson(bead)),
  });
  out.line("Newly unblocked:");
  for (const bead of unblocked) out.line(`  • ${nameBead(bead, workspace)} (P${bead.priority})`);
}

async function claimNext(
  context: CommandContext,
  workspace: Workspace,
  closed: readonly Bead[],
): Promise<void> {
  const { out } = context;
  const scope = workspace.readScope;
  const claimed = await workspace.ledger.claimReady(workspace.actor, scope === undefined ? {} : { scope });
  if (claimed === undefined) {
    out.document({ closed: closed.map((bead) => beadJson(bead)) });
    out.line("No ready work found");
    return;
  }
  rememberTouched(workspace, claimed.id);
  out.document({ closed: closed.map((bead) => beadJson(bead)), claimed: beadJson(claimed) });
  out.done(`Claimed ${nameBead(claimed, workspace)}`);
}
