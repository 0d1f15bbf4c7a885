import { sanitiseLine } from "../../../core/sanitise.ts";
import { explainSetting } from "../../../core/town/explain-setting.ts";
import { settingKeys } from "../../../core/town/setting-keys.ts";
import { findSetting } from "../../../core/town/setting-path.ts";
import type { CommandContext } from "../command.ts";
import { shown } from "./config-value.ts";

/** `gt config list` (spec/07 §6.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const town = await context.town();
  const rig = flags.string("rig");
  if (rig !== undefined) town.rig(rig);
  const rows = settingKeys
    .filter(({ scope }) => (rig === undefined ? scope !== "rig" : true))
    .map((entry) => ({ entry, ...explainSetting(town, findSetting(entry.key), rig) }))
    .filter(({ source }) => flags.boolean("all") || (source !== "default" && source !== "unset"));
  out.document(
    rows.map(({ entry, value, source, file }) => ({
      key: entry.key,
      ...(value === undefined ? {} : { value }),
      type: entry.type.description,
      ...(entry.default === undefined ? {} : { default: entry.default }),
      source,
      ...(file === undefined ? {} : { file }),
    })),
  );
  if (out.json) return;
  if (rows.length === 0) {
    out.line("Nothing is set; every setting has its default.");
    out.next("gt config list --all");
    return;
  }
  const withSource = flags.boolean("source");
  out.table(
    ["key", "value", "type", "default", ...(withSource ? ["source"] : [])],
    rows.map(({ entry, value, source }) => [
      entry.key,
      sanitiseLine(shown(value)),
      entry.type.description,
      shown(entry.default),
      ...(withSource ? [source] : []),
    ]),
  );
}
