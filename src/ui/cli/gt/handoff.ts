import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { HookView } from "../../../agents/lifecycle/hook-view.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { formatAddress, resolveAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";

/** `gt handoff` (spec/03 §8). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out, env, args } = context;
  if (flags.boolean("resume")) return resume(context);
  if (flags.boolean("stdin") && flags.has("message"))
    throw usageError("cannot use --stdin with --message/-m", { hint: "gt help handoff" });
  const access = await context.access();
  const word = args[0];
  const address =
    word === undefined
      ? access.actor
      : formatAddress(resolveAddress(word, { town: access.town, rig: env["GT_RIG"] }));
  if (address === "overseer")
    throw new GtError(
      "E_NO_SESSION",
      "not in an agent session: cd to the agent's directory or name a target",
      {
        hint: "gt handoff <agent>",
      },
    );
  const request = {
    address,
    ...optional("subject", flags.string("subject")),
    ...optional("message", await messageOf(context, address)),
    ...optional("reason", flags.string("reason")),
    ...(flags.boolean("force") ? { force: true } : {}),
  };
  const { sessionOfAddress } = await import("../../../agents/sessions/start-session.ts");
  const session = sessionOfAddress(access.town, address);
  if (flags.boolean("dry-run")) {
    out.line(`would hand off ${session}: ${request.subject ?? "Session cycling"}`);
    out.document({ ok: true, agent: address, session, dry_run: true });
    return;
  }
  // Agents and scripts mean what they type; only a person at a terminal is asked.
  const isAsked = !context.agentMode && process.stdin.isTTY === true;
  if (isAsked && !(await context.confirm({ text: `Hand off ${session}?` }))) {
    out.line("Handoff canceled.");
    return;
  }
  out.line(`🤝 Handing off ${session}...`);
  const lifecycle = await import("../../../agents/lifecycle/handoff.ts");
  if (env["GT_SESSION"] === session) {
    await lifecycle.prepareHandoff(access, request);
    out.document({ ok: true, agent: address, session });
    startSuccessorHelper(context);
    return;
  }
  const record = await lifecycle.handoff(access, request);
  out.done(`${address} goes on in a fresh session`);
  out.document({ ok: true, agent: address, session: record.session, run: record.runId });
}

function optional<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  return (value === undefined || value === "" ? {} : { [key]: value }) as { readonly [P in K]?: string };
}

async function messageOf(context: CommandContext, address: string): Promise<string | undefined> {
  const { flags } = context;
  const given = flags.boolean("stdin") ? await context.input() : flags.string("message");
  if (!flags.boolean("collect")) return given;
  const { hookView } = await import("../../../agents/lifecycle/hook-view.ts");
  const state = describeState(await hookView(await context.access(), address));
  return given === undefined ? state : `${given}\n\n${state}`;
}

function describeState(view: HookView): string {
  const lines = [
    ...(view.branch === null ? [] : [`Branch ${view.branch}, ${view.ahead ?? 0} commits ahead`]),
    ...(view.dirty.length === 0 ? [] : [`Uncommitted: ${view.dirty.slice(0, 10).join(", ")}`]),
    ...(view.bead === null ? [] : [`On the hook: ${view.bead} ${view.title}`]),
  ];
  return lines.length === 0 ? "No active state to report." : lines.join("\n");
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
