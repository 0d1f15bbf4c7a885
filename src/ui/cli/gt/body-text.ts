import { usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";

/** A text given as a flag, as an argument or on standard input: at most one of them; undefined when none is. */
export async function bodyText(
  context: CommandContext,
  given: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const sources = Object.entries(given).filter(([, text]) => text !== undefined);
  const names = [...sources.map(([name]) => name), ...(context.flags.boolean("stdin") ? ["--stdin"] : [])];
  if (names.length > 1) throw usageError(`cannot use ${names.join(" and ")} together`);
  if (context.flags.boolean("stdin")) return (await context.input()).replace(/[\r\n]+$/, "");
  return sources[0]?.[1];
}
