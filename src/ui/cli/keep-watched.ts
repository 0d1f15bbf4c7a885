import { existsSync } from "node:fs";
import { join } from "node:path";
import { sanitiseLine } from "../../core/sanitise.ts";
import { findTownRoot } from "../../core/town/find-town.ts";
import { townPaths } from "../../core/town/paths.ts";
import type { CommandContext } from "./command.ts";

/** Commands after which somebody has to watch: they give work to agents, hand it in or start sessions (spec/04 §7.1). */
const changesWork = new Set([
  "sling",
  "unsling",
  "done",
  "release",
  "close",
  "assign",
  "handoff",
  "convoy create",
  "convoy add",
  "convoy launch",
  "convoy reopen",
  "hook",
  "hook attach",
  "hook resume",
  "hook clear",
  "hook detach",
  "mq submit",
  "mq retry",
  "crew start",
  "crew restart",
  "crew refresh",
  "mayor start",
  "mayor restart",
  "session start",
  "session restart",
  "start",
  "resume",
  "mountain",
  "mountain resume",
  "mountain retry",
  "formula run",
  "synthesis start",
  "dog call",
  "dog dispatch",
  "scheduler resume",
  "scheduler run",
  "deacon redispatch",
  "deacon feed-stranded",
]);

/**
 * Starts the daemon of a town that is up when a command has changed work and nobody watches. Never fails the command:
 * what it did is done.
 */
export async function keepWatched(context: CommandContext): Promise<void> {
  await tellOfDeadDaemon(context);
  if (!changesWork.has(context.words.join(" ")) || context.flags.boolean("dry-run")) return;
  await seeToDaemon(context);
}

/** The same at once, for commands that go on in the agent's terminal. */
export async function seeToDaemon(context: CommandContext): Promise<void> {
  const { ensureDaemon } = await import("../../agents/daemon/daemon-control.ts");
  // A daemon that is started has all its duties look.
  const isNoBoot = context.flags.boolean("no-boot");
  const mayStart = !context.noDaemon && !isNoBoot;
  try {
    const env = mayStart ? context.env : { ...context.env, GT_NO_DAEMON: "1" };
    const outcome = await ensureDaemon(await context.town(), env);
    if (outcome.kind === "started") context.out.note(`started the daemon (pid ${outcome.pid})`);
    const isDown = outcome.kind === "down" || (isNoBoot && outcome.kind === "forbidden");
    if (isDown) context.out.warn("daemon is down; nothing watches this agent (gt up)");
  } catch (error) {
    context.out.warn(`the daemon did not start: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A daemon that died too often stays down until a person starts it: every command says so (spec/04 §10.2). */
async function tellOfDeadDaemon({ cwd, env, out }: CommandContext): Promise<void> {
  const root = findTownRoot({ cwd, env });
  if (root === undefined || !existsSync(join(root, "daemon", "restarts.json"))) return;
  const { whyGivenUp } = await import("../../agents/daemon/daemon-restarts.ts");
  const reason = whyGivenUp({ paths: townPaths(root, env) });
  if (reason !== undefined) out.warn(`${sanitiseLine(reason)} (gt daemon start)`);
}
