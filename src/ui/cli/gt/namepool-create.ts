import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createTheme } from "../../../agents/lifecycle/name-pool.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt namepool create <theme> [names...] [--from-file f]` (spec/04 §3.2). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out, cwd } = context;
  const [theme = "", ...words] = args;
  const file = flags.string("from-file");
  const lines = file === undefined ? [] : readLines(resolve(cwd, file));
  const { names, skipped } = await createTheme(await context.town(), theme, [...words, ...lines]);
  for (const name of skipped) out.warn(`"${sanitiseLine(name)}" cannot be a polecat's name; it is left out`);
  out.document({ ok: true, theme, names, skipped });
  out.done(`the theme ${theme} has ${names.length} names`);
  out.next(`gt namepool set ${theme}`);
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch (error) {
    throw new GtError("E_NOT_FOUND", `cannot read ${file}`, {
      hint: "gt help namepool create",
      cause: error,
    });
  }
}
