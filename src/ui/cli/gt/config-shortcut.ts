import { sanitiseLine } from "../../../core/sanitise.ts";
import { explainSetting } from "../../../core/town/explain-setting.ts";
import { findSetting } from "../../../core/town/setting-path.ts";
import type { CommandContext } from "../command.ts";
import { setTyped, shown } from "./config-value.ts";

const keys: Readonly<Record<string, string>> = {
  "default-agent": "default_agent",
  "cost-tier": "cost_tier",
  "agent-email-domain": "agent_email_domain",
};

/** `gt config default-agent|cost-tier|agent-email-domain [value]`: shows or sets one key. */
export async function run(context: CommandContext): Promise<void> {
  const key = keys[context.words.at(-1) ?? ""] ?? "";
  const [given] = context.args;
  if (key === "default_agent" && given === "list") {
    const { run: list } = await import("./config-agent-list.ts");
    return list(context);
  }
  if (given !== undefined) await setTyped(context, key, given, undefined);
  const { value, source } = explainSetting(await context.town(), findSetting(key), undefined);
  context.out.document({ key, value, source });
  context.out.line(sanitiseLine(shown(value)));
}
