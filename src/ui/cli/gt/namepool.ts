import type { CommandContext } from "../command.ts";
import { rigOf } from "./rig-of.ts";
import { run as showThemes } from "./namepool-themes.ts";

/** `gt namepool` (spec/04 §3.2). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  if (flags.boolean("list")) return showThemes(context);
  const { town, ledger } = await context.access();
  const rig = rigOf(context, town, flags.string("rig"));
  const { namePool, rigTheme } = await import("../../../agents/lifecycle/name-pool.ts");
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
