import { attachmentOf, metadataText } from "../lifecycle/attachment.ts";
import type { PrimeSection } from "./prime-section.ts";
import { quote, quoteLine, quoteShortly } from "./quotation.ts";
import type { HookReading } from "./read-hook.ts";

const shownDescriptionLines = 15;
/** The section is never cut afterwards, so that each of its parts has a limit: characters. */
const limits = { description: 900, acceptance: 600, args: 400, message: 400, failure: 400 } as const;

/** The bead on the hook, which comes before everything that explains how to work (spec/03 §6.4). */
export function workSection({ agent, bead }: HookReading, isWhole: boolean): PrimeSection | undefined {
  if (bead === undefined) return undefined;
  const attachment = attachmentOf(bead);
  const rest = `bd show ${bead.id}`;
  const part = (text: string, limit: number): string =>
    isWhole ? quote(text) : quoteShortly(text, limit, rest);
  const lines = bead.description.trim().split("\n");
  const shown = isWhole ? bead.description : lines.slice(0, shownDescriptionLines).join("\n");
  const more = !isWhole && lines.length > shownDescriptionLines ? `\n> … ${rest}` : "";
  const facts = [
    `${bead.id} ${quoteLine(bead.title)} (${bead.type}, P${bead.priority}, ${bead.status})`,
    ...(agent?.branch ? [`branch ${quoteLine(agent.branch)} from ${quoteLine(agent.baseBranch)}`] : []),
    ...(attachment.subject === undefined ? [] : [`subject: ${quoteLine(attachment.subject)}`]),
    ...(attachment.convoy_id === undefined ? [] : [`convoy ${attachment.convoy_id}`]),
    ...(metadataText(bead, "prior_branch") === ""
      ? []
      : [`an earlier attempt is on ${quoteLine(metadataText(bead, "prior_branch"))}`]),
  ];
  const parts = [
    "## AUTONOMOUS WORK MODE",
    "This is on your hook. Do it now; nobody confirms it.",
    "",
    // A title, too, is somebody's text and no instruction of ours.
    ...facts.map((fact) => `> ${fact}`),
    ...(shown.trim() === "" ? [] : ["", part(shown, limits.description) + more]),
    ...(bead.acceptanceCriteria.trim() === ""
      ? []
      : ["", "Acceptance criteria:", part(bead.acceptanceCriteria, limits.acceptance)]),
    ...(attachment.args === undefined
      ? []
      : ["", "Instructions of the dispatcher:", part(attachment.args, limits.args)]),
    ...(attachment.message === undefined
      ? []
      : ["", "What the dispatcher adds:", part(attachment.message, limits.message)]),
    ...(metadataText(bead, "prior_failure") === ""
      ? []
      : ["", "The last attempt failed:", part(metadataText(bead, "prior_failure"), limits.failure)]),
    ...(attachment.review_only === true ? ["", "Review only: commit and push nothing."] : []),
    ...(agent?.role === "polecat" ? ["", "Finish with `gt done`."] : []),
  ];
  return {
    name: "work",
    text: `${parts.join("\n")}\n`,
    budget: 1500,
    shrink: 1,
    why: "a bead is on the hook",
  };
}
