import { deleteTheme } from "../../../agents/lifecycle/name-pool.ts";
import type { CommandContext } from "../command.ts";

/** `gt namepool delete <theme>` (spec/04 §3.2). */
export async function run({ args, out, town }: CommandContext): Promise<void> {
  const [theme = ""] = args;
  deleteTheme(await town(), theme);
  out.document({ ok: true, theme });
  out.done(`the theme ${theme} is gone; polecats keep their names`);
}
