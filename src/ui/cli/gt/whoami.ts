import { sanitiseLine } from "../../../core/sanitise.ts";
import { formatAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { callerDocument, callerFacts } from "./caller.ts";

/** `gt whoami` (spec/03 §3.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out, env } = context;
  const facts = await callerFacts(context);
  out.document(await callerDocument(context, facts));
  out.line(`Identity: ${formatAddress(facts.address)}`);
  if (env["GT_ROLE"]) {
    const more = ["GT_RIG", "GT_POLECAT", "GT_CREW"].filter((name) => env[name]);
    const set = ["GT_ROLE", ...more].map((name) => `${name}=${sanitiseLine(env[name] ?? "")}`);
    out.line(`Source: ${set.join(" ")}`);
    return;
  }
  if (facts.source !== "default") {
    out.line(`Source: ${facts.source}`);
    return;
  }
  const { name, email } = (await context.town()).overseer();
  out.line("Source: no GT_ROLE set (human at terminal)");
  out.line(`Overseer: ${sanitiseLine(name)}${email ? ` <${sanitiseLine(email)}>` : ""}`);
}
