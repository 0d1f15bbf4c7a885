import {
  costTiers,
  currentTier,
  parseTier,
  tierAgent,
  withTier,
} from "../../../agents/runtimes/cost-tier.ts";
import { settingsFile } from "../../../core/town/change-settings.ts";
import { readJsonFile } from "../../../core/town/json-file.ts";
import type { CommandContext } from "../command.ts";
import { edit } from "./config-value.ts";

/** `gt config cost-tier [tier]` (spec/03 §2.6). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const rig = flags.string("rig");
  const [word] = args;
  if (word === undefined) {
    const town = await context.town();
    const tier = currentTier(readJsonFile(settingsFile(town, rig)) ?? {});
    out.document({ tier, valid: costTiers });
    out.line(tier);
    return;
  }
  const tier = parseTier(word);
  await edit(context, "cost_tier", rig, (settings) => withTier(settings, tier));
  out.document({ ok: true, tier });
  out.done(`Cost tier is '${tier}'`);
  const roles = ["mayor", "witness", "refinery", "deacon", "polecat", "crew"];
  const changed = roles.map((role) => `${role} ${tierAgent(tier, role) ?? "default"}`);
  out.line(changed.join(", "));
}
