import type { Dispatch } from "../../../agents/lifecycle/dispatch-polecat.ts";
import type { SlingReport } from "../../../agents/lifecycle/sling.ts";
import type { SlingOptions } from "../../../agents/lifecycle/sling-request.ts";
import { type GtError, usageError } from "../../../core/gt-error.ts";
import { shellWord } from "../../../core/shell-word.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import type { Output } from "../output.ts";
import { beadIdOf } from "./bead-argument.ts";
import { rigHere } from "./rig-of.ts";
import { variables } from "./variables.ts";

/** `gt sling` (spec/04 §2). */
export async function run(context: CommandContext): Promise<number> {
  const { args, flags, out } = context;
  const { expectDispatcher, sling } = await import("../../../agents/lifecycle/sling.ts");
  expectDispatcher(await context.actor());
  if (args[0] === "respawn-reset") return resetRespawns(context, args.slice(1));
  const options = await readOptions(context);
  const words = withCrew(args, flags.string("crew"));
  const access = await context.access();
  const rig = rigHere(context, access.town)?.name;
  const report = await sling(access, { words, options, ...(rig === undefined ? {} : { rig }) });
  if (out.json) out.document(documentOf(report));
  else print(out, report, options.dryRun === true);
  return report.failed.length > 0 ? 1 : 0;
}

/** `gt sling respawn-reset <bead>`: the bead may be dispatched again after it failed too often. */
async function resetRespawns({ out, ...context }: CommandContext, beads: readonly string[]): Promise<number> {
  if (beads.length === 0) throw usageError("which bead?", { hint: "gt sling respawn-reset <bead>" });
  const { resetRespawns: reset } = await import("../../../agents/lifecycle/respawn-reset.ts");
  const access = await context.access();
  for (const word of beads) {
    const bead = await beadIdOf(access.ledger, word);
    await reset(access, bead);
    out.done(`${bead} may be dispatched again`);
  }
  out.document({ ok: true, beads });
  return 0;
}

async function readOptions({ flags, input }: CommandContext): Promise<SlingOptions> {
  let args = flags.string("args");
  let message = flags.string("message");
  if (flags.boolean("stdin")) {
    if (args !== undefined && message !== undefined)
      throw usageError("--stdin, --args and --message exclude each other", { hint: "gt help sling" });
    const text = (await input()).replace(/\n+$/, "");
    if (args === undefined) args = text;
    else message = text;
  }
  const merge = flags.string("merge") as SlingOptions["merge"];
  const maxConcurrent = flags.integer("max-concurrent");
  if (maxConcurrent !== undefined && maxConcurrent < 0)
    throw usageError("--max-concurrent is a number of beads; 0 is no limit", { hint: "gt help sling" });
  const texts = {
    args,
    message,
    subject: flags.string("subject"),
    agent: flags.string("agent"),
    account: flags.string("account"),
    baseBranch: flags.string("base-branch"),
    merge,
    maxConcurrent,
    formula: flags.string("formula"),
    on: flags.string("on"),
    vars: variables(flags.strings("var")),
  };
  const given = Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined));
  const switches = {
    create: flags.boolean("create"),
    force: flags.boolean("force"),
    owned: flags.boolean("owned"),
    noMerge: flags.boolean("no-merge"),
    reviewOnly: flags.boolean("review-only"),
    ralph: flags.boolean("ralph"),
    raw: flags.boolean("hook-raw-bead"),
    noBoot: flags.boolean("no-boot"),
    dryRun: flags.boolean("dry-run"),
  };
  const on = Object.fromEntries(Object.entries(switches).filter(([, value]) => value));
  return { ...given, ...on, ...(flags.boolean("no-convoy") ? { convoy: "none" as const } : {}) };
}

function withCrew(words: readonly string[], crew: string | undefined): readonly string[] {
  if (crew === undefined) return words;
  const rig = words.at(-1);
  if (words.length < 2 || rig === undefined)
    throw usageError("--crew needs a rig as target", { hint: `gt sling <bead> <rig> --crew ${crew}` });
  return [...words.slice(0, -1), `${rig}/crew/${crew}`];
}

function print(out: Output, report: SlingReport, isDryRun: boolean): void {
  if (report.convoy !== undefined) {
    const { id, title } = report.convoy;
    out.line(`🚚 ${id === "" ? "would make" : id} "${sanitiseLine(title)}"`);
  }
  for (const dispatch of report.dispatched) printDispatch(out, dispatch, isDryRun);
  for (const { bead, error } of report.failed)
    out.failed(`${bead}: ${sanitiseLine(error.message)} (${error.code})`);
  const count = report.dispatched.length;
  const total = count + report.failed.length;
  const isScheduled = report.dispatched.some((dispatch) => dispatch.scheduled !== undefined);
  const would = isDryRun ? "would be " : "";
  if (report.kind === "batch")
    out.line(
      isScheduled && !isDryRun
        ? `📊 Scheduled ${count}/${total}`
        : `📊 ${count}/${total} ${would}${isScheduled ? "scheduled" : "dispatched"}`,
    );
  if (report.kind === "container") {
    const what = isScheduled ? (isDryRun ? "scheduled" : "Scheduled") : "dispatched";
    out.line(`📊 ${would}${what} ${count}/${total + report.skipped.length}${skippedText(report)}`);
    if (report.again !== undefined) out.next(`the rest: gt sling ${report.again}`);
  }
}

function skippedText(report: SlingReport): string {
  const counts = new Map<string, number>();
  for (const { reason } of report.skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  if (counts.size === 0) return "";
  return ` (${[...counts].map(([reason, count]) => `${count} ${reason}`).join(", ")})`;
}

function printDispatch(out: Output, dispatch: Dispatch, isDryRun: boolean): void {
  for (const warning of dispatch.warnings) out.warn(sanitiseLine(warning));
  if (dispatch.scheduled !== undefined) {
    if (dispatch.noop) out.line(`○ ${dispatch.bead} is already scheduled (${dispatch.scheduled})`);
    else out.line(`⏳ ${isDryRun ? "would schedule" : "scheduled"} ${dispatch.bead} for ${dispatch.agent}`);
    return;
  }
  if (dispatch.noop) {
    out.line(`○ ${dispatch.bead} is already on ${dispatch.agent}'s hook`);
    return;
  }
  if (isDryRun) {
    printPlan(out, dispatch);
    return;
  }
  const how = dispatch.branch === "" ? "hooked" : dispatch.reused ? "reused" : "new";
  out.line(`🎯 ${dispatch.bead} -> ${dispatch.agent} (${how})`);
  if (dispatch.branch !== "") out.line(`  branch  ${dispatch.branch} from ${dispatch.base}`);
  if (dispatch.workflow !== undefined)
    out.line(`  flow    ${dispatch.workflow.formula} (${dispatch.workflow.molecule})`);
  if (dispatch.convoy !== undefined) {
    const { id, title } = dispatch.convoy;
    out.line(`  convoy  ${id}${title === "" ? "" : ` "${sanitiseLine(title)}"`}`);
  }
  if (dispatch.notice !== undefined) out.line(`  ${notices[dispatch.notice](dispatch.agent)}`);
  if (dispatch.byHand !== undefined) {
    out.line("▶ start it by hand:");
    out.line(`  cd ${shellWord(dispatch.byHand.cwd)}`);
    out.line(`  ${dispatch.byHand.argv.map(shellWord).join(" ")}`);
  } else if (dispatch.runtime !== "") out.line(`▶ session ${dispatch.session} started (${dispatch.runtime})`);
}

const notices: Readonly<Record<NonNullable<Dispatch["notice"]>, (agent: string) => string>> = {
  told: (agent) => `${agent} is told as soon as it is idle`,
  "next-turn": () => "hooked; continues on the next turn",
  "next-start": (agent) => `${agent} has no session; it finds the work at its next start`,
};

/** What would happen, in the lines of what happens. */
function printPlan(out: Output, { bead, agent, base, workflow, convoy, ...dispatch }: Dispatch): void {
  const name = agent.split("/").at(-1) ?? agent;
  const isPolecat = base !== "" && agent.includes("/polecats/");
  const how = isPolecat ? (dispatch.reused ? `reuse ${name}` : "new polecat") : "would be hooked";
  out.line(`🎯 would sling ${bead} -> ${agent} (${how})`);
  if (base !== "") out.line(`  branch  would start from ${base}`);
  if (workflow !== undefined) out.line(`  flow    would be ${workflow.formula}`);
  if (convoy !== undefined) out.line(`  convoy  would be "${sanitiseLine(convoy.title)}"`);
  if (dispatch.runtime !== "") out.line(`▶ would start session ${dispatch.session} (${dispatch.runtime})`);
}

function documentOf(report: SlingReport): unknown {
  const [first] = report.dispatched;
  if (report.kind === "bead" && first !== undefined) return { ok: true, ...documentOfDispatch(first) };
  return {
    ok: report.failed.length === 0,
    dispatched: report.dispatched.map(documentOfDispatch),
    failed: report.failed.map(({ bead, error }) => ({ bead, ...failure(error) })),
    skipped: report.skipped,
    convoy: report.convoy?.id || null,
  };
}

const failure = (error: GtError) => ({ code: error.code, message: error.message, hint: error.hint ?? null });

function documentOfDispatch(dispatch: Dispatch): Record<string, unknown> {
  return {
    bead: dispatch.bead,
    agent: dispatch.agent,
    reused: dispatch.reused,
    branch: dispatch.branch,
    base: dispatch.base,
    formula: dispatch.workflow?.formula ?? null,
    wisp: dispatch.workflow?.molecule || null,
    convoy: dispatch.convoy?.id || null,
    session: dispatch.session,
    by_hand: dispatch.byHand ?? null,
    notice: dispatch.notice ?? null,
    scheduled: dispatch.scheduled ?? null,
    noop: dispatch.noop,
    warnings: dispatch.warnings,
  };
}
