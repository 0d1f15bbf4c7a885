import { hookCap, shortCap } from "../../../agents/hooks/hook-prime.ts";
import { type HookInput, readHookInput } from "../../../agents/hooks/hook-event.ts";
import type { Prime } from "../../../agents/prime/prime.ts";
import { crashPoint } from "../../../core/crash-point.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { type Address, parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { readHookStdin } from "./hook-stdin.ts";
import { expectIdentity, identityWarnings } from "./prime-identity.ts";
import { readingAccess } from "./reading-access.ts";

const plainCap = 28_000;

/** `gt prime` (spec/03 §6). Outside a town it is silent under `--hook`. */
export async function run(context: CommandContext): Promise<number> {
  const { flags, env } = context;
  expectFlags(context);
  const isHook = flags.boolean("hook");
  let actor: string;
  try {
    actor = await context.actor();
  } catch (error) {
    if (isHook && error instanceof GtError && error.code === "E_NO_TOWN") return 0;
    throw error;
  }
  const address = parseAddress(actor);
  if (address === undefined || address.role === "overseer") return greet(context, actor);
  if (await saysBuiltIn(context, address, actor)) return 0;
  // A consulted predecessor answers questions and does nothing else.
  const hasEffects = isHook && !flags.boolean("dry-run") && env["GT_SEANCE"] !== "1";
  const input = readHookInput(isHook ? await readHookStdin() : "{}");
  const source = sourceOf(context, input);
  const sessionId = input.sessionId || sessionIdOf(env);
  const collision = await expectIdentity(context, actor, { sessionId, isHook });
  if (collision !== undefined) {
    context.out.line(collision);
    return 0;
  }
  const variant = source === "resume" || source === "compact" ? "short" : "full";
  const result =
    hasEffects && !flags.boolean("state")
      ? await startSession(context, { ...input, source, sessionId }, variant)
      : await look(context, variant, sessionId);
  print(context, result, await workflowJson(result));
  await takeNote(context, result);
  crashPoint("work.primed");
  return 0;
}

function expectFlags({ flags }: CommandContext): void {
  const others = ["hook", "dry-run", "explain", "full", "section"].filter((name) => flags.has(name));
  if (flags.boolean("state") && others.length > 0)
    throw usageError("--state cannot be combined with other flags (except --json)", {
      hint: "gt prime --state",
    });
}

/** A person at the town's root. */
async function greet({ town, out }: CommandContext, actor: string): Promise<number> {
  const { name, rigs } = await town();
  const names = rigs().map((rig) => rig.name);
  out.line(`${name}: ${names.join(", ") || "no rigs"}`);
  out.next("start with gt mayor attach");
  out.document({ actor, role: "overseer", state: "normal", sections: [] });
  return 0;
}

/** A role that runs as code has nothing to read; whoever stands in its directory is told so. */
async function saysBuiltIn(context: CommandContext, address: Address, actor: string): Promise<boolean> {
  if (context.env["GT_SESSION"]) return false;
  const { isBuiltIn } = await import("../../../agents/sessions/nudge.ts");
  if (!isBuiltIn(await context.town(), { address })) return false;
  context.out.document({ actor, role: address.role, state: "builtin", sections: [] });
  context.out.line(`${actor}: this role runs inside the daemon (builtin). Look: gt daemon status`);
  return true;
}

function sourceOf({ flags, env }: CommandContext, input: HookInput): HookInput["source"] {
  const given = flags.string("source") || env["GT_HOOK_SOURCE"];
  return given ? readHookInput(JSON.stringify({ source: given })).source : input.source;
}

/** The runtime's conversation as the environment names it (spec/03 §6.3). */
function sessionIdOf(env: NodeJS.ProcessEnv): string {
  const named = env["GT_SESSION_ID_ENV"] ? env[env["GT_SESSION_ID_ENV"]] : undefined;
  return env["GT_SESSION_ID"] || named || env["CLAUDE_CODE_SESSION_ID"] || env["CLAUDE_SESSION_ID"] || "none";
}

/** Under `--hook`: what the runtime's own start hook does, in plain text (spec/03 §6.1). */
async function startSession(
  context: CommandContext,
  input: HookInput,
  variant: "full" | "short",
): Promise<Prime> {
  const { env, cwd } = context;
  const access = await readingAccess(context);
  const [{ hookPrime }, { recordConversation }, { reportToHost }] = await Promise.all([
    import("../../../agents/hooks/hook-prime.ts"),
    import("../../../agents/hooks/session-start.ts"),
    import("../../../agents/hooks/report-to-host.ts"),
  ]);
  const warnings = await identityWarnings(context);
  const result = await hookPrime(access, { variant, sessionId: input.sessionId, env, warnings });
  try {
    if (input.sessionId !== "none") await recordConversation(access, { input, env, cwd });
    await reportToHost(access, env, "session-start");
  } catch {
    // A ledger that cannot be written must not keep the agent from reading what it has to know.
  }
  return result;
}

async function look(context: CommandContext, variant: "full" | "short", sessionId: string): Promise<Prime> {
  const { flags, env } = context;
  const isUnlimited = flags.boolean("full") || flags.has("section");
  const { prime } = await import("../../../agents/prime/prime.ts");
  const cap = variant === "short" ? shortCap : flags.boolean("hook") ? hookCap : plainCap;
  return prime(await readingAccess(context), {
    ...{ variant, sessionId },
    ...(isUnlimited ? {} : { cap }),
    pid: process.ppid,
    run: env["GT_RUN"] ?? "",
    session: env["GT_SESSION"] ?? "",
    warnings: await identityWarnings(context),
  });
}

/** An agent that reads by itself has read what its predecessor left, too: it is warned once. */
async function takeNote(context: CommandContext, { handoff, steps, actor }: Prime): Promise<void> {
  const { flags, env } = context;
  const isLooking = ["dry-run", "state", "section"].some((name) => flags.has(name));
  const hasNews = handoff !== undefined || steps?.is === "missing";
  if (!hasNews || isLooking || env["GT_SEANCE"] === "1") return;
  const { forgetMissing, takeHandoffNote } = await import("../../../agents/hooks/hook-prime.ts");
  const access = { town: await context.town(), ledger: await context.ledger(), actor };
  await takeHandoffNote(access, handoff, env["GT_RUN"] ?? "");
  await forgetMissing(access, steps);
}

/** The workflow as data (spec/02 §10.1). */
async function workflowJson({ steps }: Prime): Promise<Readonly<Record<string, unknown>>> {
  if (steps?.is !== "there") return {};
  const { currentStep } = await import("../../../core/formulas/step-states.ts");
  const { molecule, bead, actor } = steps;
  const { record, root } = molecule;
  return {
    formula: record.formula,
    molecule: root.id,
    steps: molecule.steps.map(({ id, index, title, state, description: text }) => ({
      ...{ id, index, title, state, text },
    })),
    current_step: root.status === "closed" ? null : (currentStep(molecule.steps, actor)?.id ?? null),
    vars: record.vars,
    attachment: bead.metadata["attachment"] ?? null,
    overlay: record.overlay,
  };
}

function print(
  { flags, out, env }: CommandContext,
  result: Prime,
  workflow: Readonly<Record<string, unknown>>,
): void {
  if (flags.boolean("state")) {
    out.line(`State: ${result.state}`);
    out.document({
      state: result.state,
      role: result.role,
      actor: result.actor,
      hooked_bead: result.hookedBead ?? null,
      checkpoint_age_s:
        result.checkpoint === undefined ? null : Math.round((Date.now() - result.checkpoint.at) / 1000),
      prev_session: result.handoff?.run || result.checkpoint?.run || null,
      detected_at: new Date().toISOString(),
    });
    return;
  }
  const wanted = flags.string("section");
  const sections =
    wanted === undefined ? result.sections : result.sections.filter((section) => section.name === wanted);
  if (wanted !== undefined && sections.length === 0)
    throw usageError(`there is no section "${wanted}" now`, {
      hint: `gt prime --section ${result.sections[0]?.name ?? "id"}`,
      why: [`sections: ${result.sections.map((section) => section.name).join(", ")}`],
    });
  out.document({
    actor: result.actor,
    role: result.role,
    state: result.state,
    session: env["GT_SESSION"] ?? null,
    sections: sections.map(({ name, text, cut }) => ({ name, text, cut })),
    ...workflow,
  });
  if (out.json) return;
  for (const section of sections) {
    out.raw(`${section.text}\n`);
    if (flags.boolean("explain")) out.line(`[EXPLAIN] ${section.name}: ${section.why}`);
  }
}
