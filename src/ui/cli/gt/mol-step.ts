import {
  changeStep,
  type NextStep,
  nextStep,
  type StepChange,
  type StepVerb,
} from "../../../core/formulas/advance.ts";
import { findStep } from "../../../core/formulas/find-step.ts";
import { layFor } from "../../../core/formulas/lay-overlay.ts";
import { moleculeRecord } from "../../../core/formulas/molecule-record.ts";
import { moleculeProgress } from "../../../core/formulas/molecule.ts";
import { stepText } from "../../../core/formulas/step-text.ts";
import type { MoleculeStep } from "../../../core/formulas/step-states.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import { parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { progressBar, stepLine } from "../molecule-text.ts";
import { hookedWork, rootNamed } from "./own-molecule.ts";

const outputLimit = 64 * 1024;

/** `gt mol step done [step]` (spec/02 §8.7): closes it, and takes what comes next. */
export async function done(context: CommandContext): Promise<void> {
  const { flags } = context;
  const { access, root, wish } = await stepMeant(context);
  const { ledger, actor } = access;
  const now = access.clock.now();
  const lay = await layFor(access.town, root);
  if (flags.boolean("dry-run")) return preview(context, access, root, wish);
  const change = await changeStep(
    ledger,
    {
      root: root.id,
      ...(wish === undefined ? {} : { step: wish }),
      actor,
      now,
      lay,
      force: flags.boolean("force"),
    },
    { verb: "done", ...(await outputOf(context)) },
  );
  const isShown = flags.boolean("no-auto");
  const next = await nextStep(ledger, { root: root.id, actor, now, lay }, isShown ? "show" : "claim");
  await saveProgress(access, context, change.step);
  await tellAdvance(context, access, root, change, next);
  if (next.action === "done") return complete(context, access);
  if (next.next !== undefined && !isShown && (await isFresh(context, access, root)))
    await freshSession(context, next.next);
}

async function preview(
  { out }: CommandContext,
  { ledger, actor }: TownAccess,
  root: Bead,
  wish: string | undefined,
): Promise<void> {
  const { step } = await findStep(ledger, root, wish, actor);
  out.document({
    dry_run: true,
    step_id: step.id,
    molecule_id: root.id,
    step_closed: false,
    action: "continue",
  });
  out.line(`Would close step ${step.index} ${step.step} of ${root.id}`);
}

async function outputOf(context: CommandContext): Promise<{ readonly output?: unknown }> {
  const { flags, cwd } = context;
  const file = flags.string("output-file");
  let text = flags.string("output");
  if (file !== undefined) {
    const [{ readFileSync }, { resolve }] = await Promise.all([import("node:fs"), import("node:path")]);
    text = readFileSync(resolve(cwd, file), "utf8");
  }
  if (text === undefined) return {};
  if (Buffer.byteLength(text) > outputLimit)
    throw usageError(`output too large (maximum ${outputLimit} bytes)`);
  try {
    return { output: JSON.parse(text) };
  } catch {
    throw usageError("--output is not valid JSON");
  }
}

async function tellAdvance(
  { out }: CommandContext,
  { ledger, town }: TownAccess,
  root: Bead,
  { step, changed }: StepChange,
  { action, next, parallel }: NextStep,
): Promise<void> {
  const { total, done: closed } = await moleculeProgress(ledger, root.id, await layFor(town, root));
  out.document({
    step_id: step.id,
    molecule_id: root.id,
    step_closed: changed,
    next_step_id: next?.id ?? null,
    next_step_title: next?.title ?? null,
    parallel_steps: parallel.map(({ id }) => id),
    complete: action === "done",
    action,
  });
  if (changed)
    out.done(`step ${step.index} ${step.step} is done  ${progressBar(closed, total)} ${closed}/${total}`);
  else out.line(`○ step ${step.index} ${step.step} was closed already  ${closed}/${total}`);
  if (next !== undefined) printStep(out, next);
  if (parallel.length > 0) out.line(`Also ready: ${parallel.map((each) => each.step).join(", ")}`);
  if (action === "no_more_ready") out.line(`No step is ready: gt mol current, or bd mol current ${root.id}`);
}

function printStep(out: CommandContext["out"], step: MoleculeStep): void {
  out.next(`step ${step.index} ${step.step}: ${sanitiseLine(step.title)}`);
  if (step.description.trim() !== "") out.line(stepText(sanitise(step.description)));
  if (step.acceptance.trim() !== "") out.line(`Acceptance: ${sanitise(step.acceptance).trim()}`);
}

/** What the role has to do when its workflow is complete. */
async function complete(context: CommandContext, access: TownAccess): Promise<void> {
  const { out, flags } = context;
  const role = parseAddress(access.actor)?.role;
  if (role === "polecat" && !flags.boolean("done")) out.line("All steps are done. Now run: gt done");
  else if (role === "polecat") await (await import("./done.ts")).run(context);
  else if (role === "dog") out.line("All steps are done. Now run: gt dog done");
  else out.line("All steps are done: ready for the next assignment");
}

/** The session is replaced between steps: wished now, by the assignment, or by the formula. */
async function isFresh(
  { flags, env }: CommandContext,
  { ledger, actor }: TownAccess,
  root: Bead,
): Promise<boolean> {
  if (!env["GT_SESSION"]) return false;
  if (flags.boolean("respawn") || moleculeRecord(root)?.fresh_session === true) return true;
  return (await ledger.agent(actor))?.mode === "ralph";
}

async function freshSession(context: CommandContext, next: MoleculeStep): Promise<void> {
  const { handOffSelf } = await import("./handoff.ts");
  await handOffSelf(context, {
    subject: `Next: step ${next.index} ${next.step}`,
    reason: "one step a session",
  });
}

async function saveProgress(access: TownAccess, { env }: CommandContext, step: MoleculeStep): Promise<void> {
  const { saveCheckpoint } = await import("../../../agents/lifecycle/checkpoint.ts");
  // A hint for the next session; the ledger has the truth.
  await saveCheckpoint(access, access.actor, {
    reason: `step ${step.step} done`,
    run: env["GT_RUN"] ?? "",
  }).catch(() => undefined);
}

/** `gt mol step start`, `skip`, `fail` and `reopen`. */
export async function change(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const { access, root, wish } = await stepMeant(context);
  const verb = verbOf(context);
  const { step, changed } = await changeStep(
    access.ledger,
    {
      ...{ root: root.id, actor: access.actor, now: access.clock.now(), force: flags.boolean("force") },
      lay: await layFor(access.town, root),
      ...(wish === undefined ? {} : { step: wish }),
    },
    verb,
  );
  const { step: after } = await findStep(access.ledger, await reread(access, root), step.id, access.actor);
  out.document({ step_id: step.id, molecule_id: root.id, changed, state: after.state });
  if (changed) out.done(stepLine(after, out.style));
  else out.line(`○ ${stepLine(after, out.style)}`);
}

function verbOf({ flags, words }: CommandContext): StepVerb {
  const reason = flags.string("reason") ?? "";
  switch (words.at(-1)) {
    case "start":
      return { verb: "start" };
    case "reopen":
      return { verb: "reopen" };
    case "skip":
      return { verb: "skip", reason: required(reason) };
    default:
      return { verb: "fail", reason: required(reason), ...(flags.boolean("close") ? { close: true } : {}) };
  }
}

function required(reason: string): string {
  if (reason.trim() === "") throw usageError("why? give --reason", { hint: '--reason "..."' });
  return reason;
}

/** `gt mol step show [step]`: its full text. */
export async function show(context: CommandContext): Promise<void> {
  const { out } = context;
  const { access, root, wish } = await stepMeant(context);
  const { step } = await findStep(access.ledger, root, wish, access.actor);
  out.document({ ...step, molecule_id: root.id });
  out.line(stepLine(step, out.style));
  if (step.needs.length > 0) out.line(`needs ${step.needs.join(", ")}`);
  if (step.description.trim() !== "") out.line(stepText(sanitise(step.description)));
  if (step.run !== undefined) out.line(sanitise(step.run).trimEnd());
  if (step.acceptance.trim() !== "") out.line(`Acceptance: ${sanitise(step.acceptance).trim()}`);
}

/** A bead's id, or `<root>:<step>`, says of which molecule; otherwise it is the caller's. */
async function stepMeant(
  context: CommandContext,
): Promise<{ readonly access: TownAccess; readonly root: Bead; readonly wish: string | undefined }> {
  const [word] = context.args;
  const access = await context.access();
  const head = word?.split(":")[0] ?? "";
  if (word !== undefined && (await access.ledger.get(head)) !== undefined)
    return { ...(await rootNamed(context, head)), wish: word };
  const { root, address } = await hookedWork(context, undefined);
  if (root !== undefined) return { access, root, wish: word };
  throw new GtError("E_NO_MOLECULE", `${address} works by no molecule`, { hint: "gt hook" });
}

async function reread({ ledger, town }: TownAccess, root: Bead): Promise<Bead> {
  const now = (await ledger.get(root.id)) ?? root;
  return (await layFor(town, now))(now);
}
