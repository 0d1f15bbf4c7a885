import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { watch } from "chokidar";
import { lastLines } from "../../../agents/daemon/daemon-control.ts";
import { logFile } from "../../../agents/daemon/daemon-state.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitise } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt daemon logs [-n count] [-f]`. */
export async function run(context: CommandContext): Promise<void> {
  const file = logFile(await context.town());
  const count = context.flags.integer("lines") ?? 50;
  if (count < 0)
    throw usageError(`--lines: ${count} is no number of lines`, { hint: "gt daemon logs -n 50" });
  const lines = count === 0 ? [] : lastLines(file, count);
  for (const line of lines) context.out.line(sanitise(line));
  if (lines.length === 0 && count > 0) context.out.note("the daemon has not written anything yet");
  if (context.flags.boolean("follow")) await follow(file, context);
}

async function follow(file: string, context: CommandContext): Promise<void> {
  let offset = existsSync(file) ? statSync(file).size : 0;
  const signal = context.untilSignal();
  const watcher = watch(file, { ignoreInitial: true });
  watcher.on("all", () => {
    if (!existsSync(file)) return;
    const { size } = statSync(file);
    // A rotated log begins anew.
    if (size < offset) offset = 0;
    const buffer = Buffer.alloc(size - offset);
    const descriptor = openSync(file, "r");
    readSync(descriptor, buffer, 0, buffer.length, offset);
    closeSync(descriptor);
    offset = size;
    const text = buffer.toString("utf8").trimEnd();
    if (text !== "") for (const line of text.split("\n")) context.out.line(sanitise(line));
  });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await watcher.close();
}
