import { sanitiseLine } from "../../../core/sanitise.ts";
import { explainSetting } from "../../../core/town/explain-setting.ts";
import { findSetting } from "../../../core/town/setting-path.ts";
import type { CommandContext } from "../command.ts";
import { change, shown } from "./config-value.ts";

/** `gt config unset <key>`: the next layer decides again (spec/07 §6.2). */
export async function run(context: CommandContext): Promise<void> {
  const [key = ""] = context.args;
  const rig = context.flags.string("rig");
  const target = findSetting(key);
  const { before } = await change(context, target.segments, undefined, rig);
  const { value, source } = explainSetting(await context.town(), target, rig);
  context.out.document({
    ok: true,
    action: "config unset",
    key,
    removed: before !== undefined,
    value,
    source,
  });
  const was = before === undefined ? "was not set" : "removed";
  context.out.line(`${sanitiseLine(key)}: ${was}; now ${sanitiseLine(shown(value))} (${source})`);
}
