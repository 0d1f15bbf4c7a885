import { formatAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { callerDocument, callerFacts } from "./caller.ts";

/** `gt role`, `gt role show`, and `gt role detect` by the directory alone (spec/03 §3.2). */
export async function run(context: CommandContext): Promise<void> {
  const isDetecting = context.words.at(-1) === "detect";
  const { GT_ROLE: _, BD_ACTOR: __, ...bare } = context.env;
  const asked = isDetecting ? { ...context, env: bare } : context;
  const facts = await callerFacts(asked);
  const { out } = context;
  out.document(await callerDocument(asked, facts));
  out.line(facts.address.role);
  out.line(`Source: ${facts.source}`);
  out.line(`Home: ${facts.home}`);
  if (facts.address.rig !== "") out.line(`Rig: ${facts.address.rig}`);
  if (facts.address.name !== "") out.line(`Worker: ${facts.address.name}`);
  if (facts.mismatch === undefined) return;
  out.caution("ROLE MISMATCH");
  out.line(`  environment: ${formatAddress(facts.address)}`);
  out.line(`  directory:   ${formatAddress(facts.mismatch)}`);
  out.line(`  expected home: ${facts.home}`);
}
