import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { HandoffRequest } from "../../../agents/lifecycle/handoff.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { formatAddress, parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { addressOf } from "./agent-argument.ts";

/** `gt handoff` (spec/03 §8). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out, env } = context;
  if (flags.boolean("resume")) return resume(context);
  expectFlags(context);
  const access = await context.access();
  const { address, bead } = await subjectOf(context, access);
  if (flags.boolean("auto")) return saveOnly(context, access, address);
  const { sessionOfAddress } = await import("../../../agents/sessions/start-session.ts");
  const session = sessionOfAddress(access.town, address);
  const isOwn = env["GT_SESSION"] === session;
  if (flags.boolean("cycle") && !(isOwn && (await mayCycle(access, address))))
    return saveOnly(context, access, address);
  const lifecycle = await import("../../../agents/lifecycle/handoff.ts");
  // Refused before anything is said or asked.
  lifecycle.expectMayHandOff(access, address);
  const request = await requestOf(context, access, address, bead);
  if (flags.boolean("dry-run")) {
    tellPlan(context, request, session);
    return;
  }
  // Agents and scripts mean what they type; only a person at a terminal is asked.
  const isAsked = !context.agentMode && process.stdin.isTTY === true && !flags.boolean("cycle");
  if (isAsked && !(await context.confirm({ text: `Hand off ${session}?` }))) {
    out.line("Handoff canceled.");
    return;
  }
  if (!flags.boolean("no-git-check")) await warnOfUnsaved(context, access, address);
  if (bead !== undefined) await hookFirst(context, access, address, bead);
  out.line(`🤝 Handing off ${session}...`);
  if (isOwn) {
    await lifecycle.prepareHandoff(access, request);
    out.document({ ok: true, agent: address, session });
    startSuccessorHelper(context);
    return;
  }
  const record = await lifecycle.handoff(access, request);
  if (record === undefined) out.done(`${address} has stopped; its next session reads the note`);
  else out.done(`${address} goes on in a fresh session`);
  out.document({ ok: true, agent: address, session, run: record?.runId ?? null });
}

/** The caller's own session is replaced by a fresh one as soon as this command has ended. */
export async function handOffSelf(
  context: CommandContext,
  note: Pick<HandoffRequest, "subject" | "reason">,
): Promise<void> {
  const access = await context.access();
  const { prepareHandoff } = await import("../../../agents/lifecycle/handoff.ts");
  context.out.line("🤝 Handing off: the next step is worked on in a fresh session");
  await prepareHandoff(access, { address: access.actor, ...note, force: true });
  startSuccessorHelper(context);
}

function expectFlags({ flags }: CommandContext): void {
  if (flags.boolean("stdin") && flags.has("message"))
    throw usageError("cannot use --stdin with --message/-m", { hint: "gt help handoff" });
  const forms = ["auto", "cycle", "stop"].filter((name) => flags.boolean(name));
  if (forms.length > 1)
    throw usageError(`${forms.map((name) => `--${name}`).join(" and ")} exclude each other`, {
      hint: "gt help handoff",
    });
}

/** Whose session it is, and the bead that goes on the hook first. */
async function subjectOf(
  context: CommandContext,
  access: TownAccess,
): Promise<{ readonly address: string; readonly bead: string | undefined }> {
  const [word] = context.args;
  const bead = word === undefined ? undefined : await beadOf(access, word);
  const address =
    word === undefined || bead !== undefined ? access.actor : formatAddress(await addressOf(context, word));
  if (address === "overseer")
    throw new GtError(
      "E_NO_SESSION",
      "not in an agent session: cd to the agent's directory or name a target",
      { hint: "gt handoff <agent>" },
    );
  return { address, bead };
}

/** A word that looks like a bead's id means that bead. */
async function beadOf({ ledger, town }: TownAccess, word: string): Promise<string | undefined> {
  const prefixes = ["hq", ...town.rigs().map((rig) => rig.prefix)];
  if (word.includes("/") || !prefixes.some((prefix) => word.startsWith(`${prefix}-`))) return undefined;
  const bead = await ledger.get(word);
  if (bead === undefined) throw new GtError("E_NOT_FOUND", `bead '${word}' not found`, { hint: "bd ready" });
  return bead.id;
}

async function requestOf(
  { flags, ...context }: CommandContext,
  access: TownAccess,
  address: string,
  bead: string | undefined,
): Promise<HandoffRequest> {
  const given = flags.boolean("stdin") ? await context.input() : flags.string("message");
  const parts = [given ?? ""];
  if (flags.boolean("collect") || flags.boolean("cycle")) {
    const { collectState } = await import("../../../agents/lifecycle/collect-state.ts");
    parts.push(await collectState(access, address));
  }
  const subject = flags.string("subject") ?? (bead === undefined ? undefined : `🪝 HOOKED: ${bead}`);
  return {
    address,
    ...optional("subject", subject),
    ...optional("message", parts.filter((part) => part !== "").join("\n\n")),
    ...optional("reason", flags.string("reason")),
    ...optional("agent", flags.string("agent")),
    ...(flags.boolean("force") || flags.boolean("cycle") ? { force: true } : {}),
    ...(flags.boolean("stop") ? { stops: true } : {}),
  };
}

function optional<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  return (value === undefined || value === "" ? {} : { [key]: value }) as { readonly [P in K]?: string };
}

function tellPlan({ out, args }: CommandContext, request: HandoffRequest, session: string): void {
  const subject = request.subject ?? "Session cycling";
  if (subject.startsWith("🪝 HOOKED")) out.line(`would hook ${args[0]}`);
  out.line(`would leave the note: ${subject}`);
  out.line(
    request.stops === true
      ? `would end ${session}`
      : `would hand off ${session}${request.agent === undefined ? "" : ` to ${request.agent}`}`,
  );
  out.document({ ok: true, agent: request.address, session, subject, dry_run: true });
}

/** What git has not got yet stays where it is; whoever hands off should know of it. */
async function warnOfUnsaved({ out }: CommandContext, access: TownAccess, address: string): Promise<void> {
  const { hookView } = await import("../../../agents/lifecycle/hook-view.ts");
  const view = await hookView(access, address);
  if (view.dirty.length > 0) out.warn(`${view.dirty.length} uncommitted files stay in the worktree`);
  if ((view.ahead ?? 0) > 0) out.warn(`${view.ahead} commits are not on the target yet`);
}

async function hookFirst(
  { flags, out }: CommandContext,
  access: TownAccess,
  address: string,
  id: string,
): Promise<void> {
  const { hookByHand } = await import("../../../agents/lifecycle/hook-by-hand.ts");
  const bead = await access.ledger.get(id);
  if (bead === undefined) return;
  const { warnings } = await hookByHand(access, { bead, address, force: flags.boolean("force") });
  for (const warning of warnings) out.warn(sanitiseLine(warning));
}

/** At most one fresh conversation in a while: more often, something else is wrong than a full context. */
async function mayCycle(access: TownAccess, address: string): Promise<boolean> {
  const { cooldownEnd } = await import("../../../agents/lifecycle/handoff.ts");
  return (await cooldownEnd(access, address, "operational.session.cycle_cooldown")) <= access.clock.now();
}

/** `--auto`: what the agent is at is written down, and nothing else happens. */
async function saveOnly(context: CommandContext, access: TownAccess, address: string): Promise<void> {
  const { flags, out, env } = context;
  const { saveCheckpoint } = await import("../../../agents/lifecycle/checkpoint.ts");
  try {
    const reason = flags.string("reason") ?? "saved by hand";
    const parsed = parseAddress(address);
    if (parsed?.role === "polecat" || parsed?.role === "crew") {
      const { snapshotBefore } = await import("../../../agents/hooks/snapshot-before.ts");
      await snapshotBefore(access.town, parsed, "pre-compact");
    }
    await saveCheckpoint(access, address, { reason, run: env["GT_RUN"] ?? "" });
    out.done(`saved where ${address} is; the session goes on`);
    out.document({ ok: true, agent: address, saved: true });
  } catch (error) {
    out.warn(`nothing was saved: ${error instanceof Error ? error.message : String(error)}`);
    out.document({ ok: false, agent: address, saved: false });
  }
}

/**
 * A session cannot replace itself: whatever it starts ends with it. The helper is outside of it (its own kernel session,
 * without the run's mark) and begins when this command has ended. If it dies, the daemon does its work.
 */
function startSuccessorHelper({ env }: CommandContext): void {
  const own = Object.fromEntries(
    Object.entries(env).filter(([name]) => name !== "GT_RUN" && name !== "GT_SESSION"),
  );
  const program = process.argv[1] ?? join("bin", "gt");
  const child = spawn(process.execPath, [program, "handoff", "--resume"], {
    detached: true,
    stdio: "ignore",
    env: { ...own, [parentVariable]: String(process.pid) },
  });
  child.unref();
}

const parentVariable = "GT_HANDOFF_PARENT";
const parentLimitMs = 10_000;

async function resume(context: CommandContext): Promise<void> {
  const parent = Number(context.env[parentVariable] ?? 0);
  const deadline = Date.now() + parentLimitMs;
  while (process.ppid === parent && Date.now() < deadline) await pause(50);
  const access = await context.access();
  const { recoverOperations } = await import("../../../agents/lifecycle/recover-operations.ts");
  await recoverOperations(access, { agent: access.actor });
}
