import { setTimeout as pause } from "node:timers/promises";
import { usageError } from "../../../core/gt-error.ts";
import { shortenHome } from "../../../core/town/find-town.ts";
import { statusDocument } from "../../plain/status-document.ts";
import { statusLines } from "../../plain/status-lines.ts";
import { readTownStatus, type TownStatus } from "../../plain/town-status.ts";
import type { CommandContext } from "../command.ts";
import { lookingAccess } from "./looking.ts";

/** `gt status` (spec/06 §13.1). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const seconds = flags.string("interval") === undefined ? 2 : Number(flags.string("interval"));
  if (!(seconds > 0))
    throw usageError("--interval must be a number of seconds above 0", { hint: "gt status -w -n 2" });
  const isWatching = flags.boolean("watch");
  if (isWatching && context.json)
    throw usageError("--json and --watch exclude each other", { hint: "gt status --json" });
  if (isWatching) return watch(context, seconds);
  const status = await readTownStatus(await lookingAccess(context), { fast: flags.boolean("fast") });
  out.document(statusDocument(status));
  for (const line of linesOf(context, status)) out.line(line);
}

/** Failed reads show the last good frame this many times before they become the command's end. */
const toleratedFailures = 5;

async function watch(context: CommandContext, seconds: number): Promise<void> {
  const { flags, out } = context;
  const signal = context.untilSignal();
  const access = await lookingAccess(context);
  let last: { readonly lines: readonly string[]; readonly at: string } | undefined;
  let failures = 0;
  while (!signal.aborted) {
    const at = new Date().toTimeString().slice(0, 8);
    let note = "";
    try {
      const status = await readTownStatus(access, { fast: flags.boolean("fast") });
      last = { lines: linesOf(context, status), at };
      failures = 0;
    } catch (error) {
      if (last === undefined || ++failures > toleratedFailures) throw error;
      note = ` (as of ${last.at}: ${(error as Error).message})`;
    }
    const head = `[${at}] gt status --watch (every ${seconds}s, Ctrl+C to stop)${note}`;
    // One write per frame; on a terminal it replaces the one before.
    const clear = out.width === undefined || context.plain ? "" : "\u001b[H\u001b[2J";
    out.raw(`${clear}${[head, "", ...last.lines].join("\n")}\n`);
    await pause(seconds * 1000, undefined, { signal }).catch(() => undefined);
  }
}

function linesOf({ out, flags, verbose, env }: CommandContext, status: TownStatus): readonly string[] {
  return statusLines(status, {
    style: out.style,
    verbose: verbose || flags.boolean("verbose"),
    location: shortenHome(status.location, env),
  });
}
