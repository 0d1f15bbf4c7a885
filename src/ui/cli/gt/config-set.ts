import { sanitiseLine } from "../../../core/sanitise.ts";
import { findSettingKey } from "../../../core/town/setting-keys.ts";
import type { CommandContext } from "../command.ts";
import { setTyped, shown } from "./config-value.ts";

/** `gt config set <key> <value>` (spec/07 §6.2). */
export async function run(context: CommandContext): Promise<void> {
  const [key = "", given = ""] = context.args;
  const rig = context.flags.string("rig");
  // A tier is more than its name.
  if (key === "cost_tier") {
    const { run: setTier } = await import("./config-cost-tier.ts");
    return setTier({ ...context, args: [given] });
  }
  const { before, after, file } = await setTyped(context, key, given, rig);
  const old = before ?? findSettingKey(key)?.default;
  context.out.document({ ok: true, action: "config set", key, old, value: after, file });
  context.out.line(`${sanitiseLine(key)}: ${sanitiseLine(shown(old))} → ${sanitiseLine(shown(after))}`);
  if (key === "scheduler.max_polecats" && after === 0)
    context.out.note("0 means direct dispatch; to stop dispatch use gt scheduler pause");
}
