import { builtInThemes } from "../../../agents/lifecycle/name-theme.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt namepool themes [theme]` (spec/04 §3.2). */
export async function run(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const town = await context.town();
  const { customThemes, themeNames, themeProblems } = await import("../../../agents/lifecycle/name-pool.ts");
  const [theme] = args;
  if (theme !== undefined) {
    const names = themeNames(town, theme);
    if (names === undefined)
      throw new GtError("E_THEME", `there is no theme "${theme}"`, { hint: "gt namepool themes" });
    for (const problem of themeProblems(town, theme)) out.warn(sanitiseLine(problem));
    out.document({ theme, names });
    out.line(names.join(" "));
    return;
  }
  const all = [...Object.keys(builtInThemes), ...customThemes(town)];
  out.document(
    all.map((name) => ({ theme: name, custom: !(name in builtInThemes), names: themeNames(town, name) })),
  );
  for (const name of all) {
    const names = themeNames(town, name) ?? [];
    out.line(
      `${name} (${names.length}${name in builtInThemes ? "" : ", custom"}): ${names.slice(0, 6).join(" ")} ...`,
    );
  }
}
