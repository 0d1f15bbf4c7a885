import { startCrew } from "../../../agents/lifecycle/crew.ts";
import { forgetRestarts } from "../../../agents/lifecycle/forget-restarts.ts";
import { startMayor } from "../../../agents/lifecycle/mayor.ts";
import { findTarget, type Target } from "../../../agents/sessions/find-target.ts";
import { isBuiltIn } from "../../../agents/sessions/nudge.ts";
import type { SessionHost, SessionRecord } from "../../../agents/sessions/session-host.ts";
import { readLastScreen } from "../../../agents/sessions/session-records.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { seeToDaemon } from "../keep-watched.ts";

/** `gt attach` (spec/03 §5.11). */
export async function run(context: CommandContext): Promise<number> {
  const { args, env, flags, out } = context;
  expectTerminal(context, args[0] ?? "<agent>");
  const access = await context.access();
  const target = await findTarget(args[0] ?? "", { ...access, cwd: context.cwd });
  if (isBuiltIn(access.town, target)) {
    throw new GtError("E_NO_SESSION", `${target.actor} runs in builtin mode and has no session`, {
      hint: "gt daemon status",
    });
  }
  const host = await runningSession(context, access, target);
  const [{ loadProgram }, { BlessedTerminal }, { showSession }] = await Promise.all([
    import("../../tui/terminal/blessed-program.ts"),
    import("../../tui/terminal/blessed-terminal.ts"),
    import("./show-session.ts"),
  ]);
  const terminal = new BlessedTerminal(await loadProgram(), {
    input: process.stdin,
    output: process.stdout,
    env,
    hasMouse: env["GT_MOUSE"] !== "0",
  });
  const end = await showSession({
    ...{ terminal, host, session: target.session, title: target.actor },
    isReadOnly: flags.boolean("read-only"),
  });
  if (end.kind === "signal") return 128 + end.signal;
  if (end.kind === "detached") {
    out.line(`Detached from ${target.actor}; it goes on.`);
    return 0;
  }
  return tellEnd(context, access, end.record);
}

/** `E_NO_TTY` where nobody sits at a terminal, before anything is started for it. */
export function expectTerminal({ agentMode }: CommandContext, agent: string): void {
  if (process.stdin.isTTY && process.stdout.isTTY && !agentMode) return;
  throw new GtError("E_NO_TTY", "attaching needs a terminal", { hint: `gt peek ${agent}` });
}

/** The host in which the agent's session runs; people may start the agents that they talk to from here. */
async function runningSession(
  context: CommandContext,
  access: TownAccess,
  target: Target,
): Promise<SessionHost> {
  const found = await hostWith(access, target.session);
  if (found !== undefined) return found;
  const { role } = target.address;
  const wish = `${target.actor} has no session. Start one?`;
  if ((role !== "mayor" && role !== "crew") || !(await context.confirm({ text: wish }))) {
    throw new GtError("E_SESSION_NOT_FOUND", `session "${target.session}" not running`, {
      hint: role === "polecat" ? `gt peek ${target.actor}` : "gt agents --all",
    });
  }
  await forgetRestarts(access, target.actor);
  if (role === "mayor") await startMayor(access, { warn: (text) => context.out.warn(text) });
  else await startCrew(access, target.actor);
  await seeToDaemon(context);
  return access.host();
}

async function hostWith(access: TownAccess, session: string): Promise<SessionHost | undefined> {
  try {
    const host = await access.host({ start: false });
    const record = await host.get(session);
    return record === undefined || record.phase === "exited" ? undefined : host;
  } catch (error) {
    if (error instanceof GtError && error.code === "E_HOST_DOWN") return undefined;
    throw error;
  }
}

function tellEnd({ out }: CommandContext, access: TownAccess, record: SessionRecord): number {
  for (const line of readLastScreen(access.town.paths.sessions, record.session).slice(-10))
    out.line(sanitiseLine(line));
  const code = record.exitCode === undefined ? "" : `, exit ${record.exitCode}`;
  out.line(`Session ${record.session} has ended (${record.exitReason ?? "unknown"}${code}).`);
  return 0;
}
