import { explainSetting } from "../../../core/town/explain-setting.ts";
import { findSetting } from "../../../core/town/setting-path.ts";
import { sanitise } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { shown } from "./config-value.ts";

/** `gt config get <key>` (spec/07 §6.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags, args } = context;
  const [key = ""] = args;
  const town = await context.town();
  const rig = flags.string("rig");
  if (rig !== undefined) town.rig(rig);
  const { value, source, file, default: fallback } = explainSetting(town, findSetting(key), rig);
  out.document({
    key,
    ...(value === undefined ? {} : { value }),
    source,
    ...(file === undefined ? {} : { file }),
    ...(fallback === undefined ? {} : { default: fallback }),
  });
  const where = flags.boolean("source") ? `  (${source}${file === undefined ? "" : `: ${file}`})` : "";
  const text = typeof value === "object" ? JSON.stringify(value, null, 2) : shown(value);
  out.line(`${sanitise(text)}${where}`);
}
