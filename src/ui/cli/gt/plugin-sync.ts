import { cpSync, existsSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { pluginsIn } from "../../../agents/plugins/find-plugins.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt plugin sync --source <dir>` (spec/04 §11): the town's plugins as they are in a directory, a checkout for example. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags, cwd } = context;
  const word = flags.string("source");
  if (word === undefined) throw usageError("from where? --source <dir>");
  const source = resolve(cwd, word);
  if (!existsSync(source))
    throw new GtError("E_NO_DIRECTORY", `there is no directory ${source}`, { hint: "gt plugin sync --help" });
  const own = join((await context.town()).root, "plugins");
  const isDry = flags.boolean("dry-run");
  const offered = pluginsIn(source, "source");
  for (const { name, problem } of offered)
    if (problem !== undefined) out.warn(`${name} is invalid and left out: ${sanitiseLine(problem)}`);
  const copied = offered.filter((each) => each.problem === undefined);
  const wanted = new Set(offered.map((each) => each.name));
  const removed = flags.boolean("clean")
    ? pluginsIn(own, "town").filter((each) => !wanted.has(each.name))
    : [];
  for (const { name, directory } of copied) {
    out.line(`${isDry ? "would copy" : "copied"} ${name}`);
    if (isDry) continue;
    rmSync(join(own, name), { recursive: true, force: true });
    cpSync(directory, join(own, name), { recursive: true });
  }
  for (const { name, directory } of removed) {
    out.line(`${isDry ? "would remove" : "removed"} ${name}`);
    if (!isDry) rmSync(directory, { recursive: true });
  }
  const names = (plugins: typeof copied): readonly string[] => plugins.map((each) => each.name);
  out.document({ ok: true, copied: names(copied), removed: names(removed), dry_run: isDry });
}
