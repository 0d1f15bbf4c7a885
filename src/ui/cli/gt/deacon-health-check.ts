import { askForLife, lifeLimits } from "../../../agents/patrols/ask-for-life.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { formatAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { addressOf } from "./agent-argument.ts";

/** `gt deacon health-check` (spec/04 §10.1), with the counts of the daemon's own: exit code 0 well or asked lately, 1 no answer, 2 should be ended. */
export async function run(context: CommandContext): Promise<number> {
  const { out, flags } = context;
  const access = await context.access();
  const address = formatAddress(await addressOf(context, context.args[0] ?? ""));
  const failures = flags.integer("failures");
  if (failures !== undefined && failures < 1) throw usageError("--failures: at least 1");
  const usual = lifeLimits(access.town.settings());
  const outcome = await askForLife(access, address, {
    timeoutMs: flags.duration("timeout") ?? usual.timeoutMs,
    failures: failures ?? usual.failures,
    cooldownMs: flags.duration("cooldown") ?? usual.cooldownMs,
  });
  out.document({ address, ...outcome });
  const times = `${outcome.failures} ${outcome.failures === 1 ? "silence" : "silences"} in a row`;
  switch (outcome.result) {
    case "alive":
      out.done(`${address} is alive`);
      return 0;
    case "asked":
      out.line(`${address} was asked a moment ago and may still answer`);
      return 0;
    case "cooldown":
      out.line(`${address} was asked lately (${times})`);
      return 0;
    case "silent":
      out.warn(`${address} does not answer (${times})`);
      return 1;
    case "should-end":
      out.warn(`${address} does not answer (${times})`);
      out.next(`gt deacon force-kill ${sanitiseLine(address)} -r "does not answer"`);
      return 2;
  }
}
