import type { CommandContext } from "../command.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { rigOf } from "./rig-of.ts";
import { run as showThemes } from "./namepool-themes.ts";

/** `gt namepool` (spec/04 §3.2). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  if (flags.boolean("list")) return showThemes(context);
  const { town, ledger } = await context.access();
  const rig = rigOf(context, town, flags.string("rig"));
  const { hasOwnNames, namePool, rigTheme, themeProblems } = await import(
    "../../../agents/lifecycle/name-pool.ts"
  );
  const { builtInThemes, usableNames } = await import("../../../agents/lifecycle/name-theme.ts");
  const { overflowNext } = await import("../../../agents/lifecycle/overflow-names.ts");
  const { textSetting } = await import("../../../core/town/setting.ts");
  const pool = namePool(town, rig);
  const used = (await ledger.agents({ rig: rig.name, role: "polecat" }))
    .filter((agent) => agent.state !== "nuked")
    .map((agent) => agent.name);
  const theme = rigTheme(town, rig);
  const isOwnList = hasOwnNames(town, rig);
  const isCustom = isOwnList || !(theme in builtInThemes);
  const names = usableNames(pool);
  const next = (await overflowNext(ledger, rig)) ?? pool.size + 1;
  out.document({
    ...{ rig: rig.name, theme, custom: isCustom, own_list: isOwnList },
    ...{ names, used, size: pool.size, overflow_next: next },
  });
  const origin = isOwnList ? "its own list of names" : `theme ${theme} (${isCustom ? "custom" : "built in"})`;
  out.line(`${rig.name}: ${origin}, ${used.length} of ${names.length} names used, then numbers from ${next}`);
  if (used.length > 0) out.line(`  ${used.join(" ")}`);
  const style = isOwnList ? "" : textSetting(town.rigSettings(rig.name), "namepool.style");
  for (const problem of style === "" ? [] : themeProblems(town, style)) out.warn(sanitiseLine(problem));
  if (style !== "" && style !== theme) out.warn(`names are taken from ${theme} instead`);
}
