import { formatAddress, isRoleWord } from "../../../core/town/address.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { addressOf } from "./agent-argument.ts";
import { beadIdOf } from "./bead-argument.ts";
import { tellOfFeeding } from "./tell-of-feeding.ts";

/** `gt unsling` and the hook commands that take work off (spec/04 §2.10). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const { bead, agent } = splitBeadAndAgent(context.args);
  const ledger = await context.ledger();
  const { unsling } = await import("../../../agents/lifecycle/unsling.ts");
  const isDryRun = flags.boolean("dry-run");
  const access = await context.access();
  const unslung = await unsling(access, {
    ...(bead === undefined ? {} : { bead: await beadIdOf(ledger, bead) }),
    ...(agent === undefined ? {} : { agent: formatAddress(await addressOf(context, agent)) }),
    force: flags.boolean("force"),
    ...(isDryRun ? { dryRun: true } : {}),
  });
  for (const warning of unslung?.warnings ?? []) out.warn(sanitiseLine(warning));
  out.document({ ok: true, bead: unslung?.bead ?? null, agent: unslung?.agent ?? null });
  if (unslung === undefined) out.line("nothing on the hook");
  else if (isDryRun) out.line(`would take ${unslung.bead} off the hook of ${unslung.agent}`);
  else {
    out.done(`${unslung.bead} is off the hook of ${unslung.agent} and open again`);
    await tellOfFeeding(context, access, unslung.bead);
  }
}

/** One word with a slash or a role's name is the agent, any other is the bead. */
export function splitBeadAndAgent(words: readonly string[]): {
  readonly bead?: string;
  readonly agent?: string;
} {
  const [first, second] = words;
  if (first === undefined) return {};
  if (second !== undefined) return { bead: first, agent: second };
  return isAgentWord(first) ? { agent: first } : { bead: first };
}

const isAgentWord = (word: string): boolean => word.includes("/") || isRoleWord(word);
