import { usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { run as showThemes } from "./namepool-themes.ts";

/** `gt namepool` (spec/04 §3.2). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, env, out } = context;
  if (flags.boolean("list")) return showThemes(context);
  const { town, ledger } = await context.access();
  const word =
    flags.string("rig") ?? env["GT_RIG"] ?? (town.rigs().length === 1 ? town.rigs()[0]?.name : undefined);
  if (word === undefined) throw usageError("which rig?", { hint: "gt namepool --rig <rig>" });
  const rig = town.rig(word);
  const { namePool, rigTheme } = await import("../../../agents/lifecycle/polecat-pool.ts");
  const pool = namePool(town, rig);
  const used = (await ledger.agents({ rig: rig.name, role: "polecat" }))
    .filter((agent) => agent.state !== "nuked")
    .map((agent) => agent.name);
  const theme = rigTheme(town, rig);
  out.document({ rig: rig.name, theme, names: pool.names, used, size: pool.size });
  out.line(
    `${rig.name}: theme ${theme}, ${used.length} of ${Math.min(pool.size, pool.names.length)} names used`,
  );
  if (used.length > 0) out.line(`  ${used.join(" ")}`);
}
