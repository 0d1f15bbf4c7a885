import { answerHook, type HookResult } from "../../../agents/hooks/hook-dialect.ts";
import {
  type HookEvent,
  type HookProvider,
  hookProviders,
  hookEvents,
  readHookInput,
  runsUserHooks,
} from "../../../agents/hooks/hook-event.ts";
import { preTool, runHook } from "../../../agents/hooks/run-hook.ts";
import { parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { readHookStdin } from "./hook-stdin.ts";
import { readingAccess } from "./reading-access.ts";
import { startGt } from "./start-gt.ts";

/** Milliseconds after which an event is given up silently; the runtime must not wait for us (spec/03 §4.1). */
const budgets: Readonly<Record<HookEvent, number>> = {
  "session-start": 8000,
  prompt: 2000,
  "pre-tool": 8000,
  "pre-compact": 5000,
  "turn-end": 2000,
  "session-end": 5000,
};

/** `gt tap hook <event> --provider <p>` (spec/03 §4.1): never fails, never blocks, prints only what the dialect knows. */
export async function run(context: CommandContext): Promise<number> {
  const { args, flags, out } = context;
  const event = hookEvents.find((each) => each === args[0]);
  const provider = hookProviders.find((each) => each === flags.string("provider"));
  if (event === undefined || provider === undefined) return 0;
  let result: HookResult = {};
  try {
    result = await handle(context, event, provider);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`gt tap hook ${event}: ${message}\n`);
    await remember(context, { provider, event, message });
  }
  const answer = answerHook(provider, event, result);
  if (answer.stdout !== "") out.raw(answer.stdout);
  if (answer.stderr !== "") process.stderr.write(answer.stderr);
  return answer.code;
}

async function handle(
  context: CommandContext,
  event: HookEvent,
  provider: HookProvider,
): Promise<HookResult> {
  const { env, cwd } = context;
  // A consulted predecessor answers questions and does nothing else.
  if (env["GT_SEANCE"] === "1") return {};
  const input = readHookInput(await readHookStdin());
  const [town, actor] = [await context.town(), await context.actor()];
  if ((parseAddress(actor)?.role ?? "overseer") === "overseer") return {};
  const request = {
    provider,
    event,
    input,
    env,
    cwd,
    prime: (variant: "full" | "short") => primeText(context, variant, input.sessionId),
    start: (words: readonly string[]) => startGt(words, context),
  };
  const ours = await within(budgets[event], async () => {
    if (event === "pre-tool") return preTool(town, actor, request);
    return runHook(
      event === "session-start" ? await readingAccess(context) : await context.access(),
      request,
    );
  });
  if (!runsUserHooks(provider)) return ours;
  const { addUserHooks } = await import("../../../agents/hooks/user-hook-results.ts");
  const ledger = async () => (await context.access()).ledger;
  return addUserHooks(ours, { event, input, env, cwd, actor, ledger });
}

/** The result, or none when it takes too long. */
async function within(limitMs: number, work: () => Promise<HookResult>): Promise<HookResult> {
  const late = Promise.withResolvers<HookResult>();
  const timer = setTimeout(() => late.resolve({}), limitMs);
  try {
    return await Promise.race([work(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** A hook that fails fails silently for its runtime; the log says so. */
async function remember(
  context: CommandContext,
  failure: { readonly provider: string; readonly event: string; readonly message: string },
): Promise<void> {
  try {
    const { recordHookError } = await import("../../../agents/hooks/hook-events.ts");
    const { env } = context;
    recordHookError(await context.town(), await context.actor(), env["GT_SESSION"] ?? "", failure);
  } catch {
    // Outside a town there is no log.
  }
}

async function primeText(
  context: CommandContext,
  variant: "full" | "short",
  sessionId: string,
): Promise<string> {
  const { env } = context;
  const [access, actor] = [await readingAccess(context), await context.actor()];
  const [{ hookPrime }, { expectIdentity, identityWarnings }] = await Promise.all([
    import("../../../agents/hooks/hook-prime.ts"),
    import("./prime-identity.ts"),
  ]);
  const collision = await expectIdentity(context, actor, { sessionId, isHook: true });
  if (collision !== undefined) return collision;
  const warnings = await identityWarnings(context);
  return (await hookPrime(access, { variant, sessionId, env, warnings })).text;
}
