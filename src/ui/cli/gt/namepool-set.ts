import { chooseTheme, themeProblems } from "../../../agents/lifecycle/name-pool.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { rigOf } from "./rig-of.ts";

/** `gt namepool set <theme>` (spec/04 §3.2). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const town = await context.town();
  const rig = rigOf(context, town, flags.string("rig"));
  const [theme = ""] = args;
  await chooseTheme(town, rig, theme);
  for (const problem of themeProblems(town, theme)) out.warn(sanitiseLine(problem));
  out.document({ ok: true, rig: rig.name, theme });
  out.done(`new polecats of ${rig.name} are named by ${theme}`);
}
