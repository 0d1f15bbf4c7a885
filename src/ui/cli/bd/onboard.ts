import type { CommandContext } from "../command.ts";
import { agentsBlock } from "./agents-block.ts";

/** `bd onboard`: the snippet for AGENTS.md (spec/01 §10.7). */
export async function run({ out }: CommandContext): Promise<void> {
  out.document({ snippet: agentsBlock });
  out.line(agentsBlock);
}
