import { composeFitting } from "../../core/mail/compose-fitting.ts";
import type { Agent, Bead } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { parseAddress } from "../../core/town/address.ts";
import type { TownAccess } from "../town-access.ts";
import { attachmentOf } from "./attachment.ts";
import type { DoneData } from "./done-data.ts";

/**
 * The mail to whoever slung work that waits for a look instead of a queue (spec/04 §5.5): `READY_FOR_REVIEW` with the
 * branch, `REVIEW_DONE` after a review. Part of the batch that hands the work in, so it is sent once.
 */
export function reviewNotice(
  access: TownAccess,
  { agent, bead, data }: { readonly agent: Agent; readonly bead: Bead; readonly data: DoneData },
): readonly Operation[] {
  if (data.exit !== "COMPLETED") return [];
  const word =
    data.route === "review-only"
      ? "REVIEW_DONE"
      : data.route === "no-merge" || data.route === "pr"
        ? "READY_FOR_REVIEW"
        : undefined;
  const { dispatched_by: said = "" } = attachmentOf(bead);
  const dispatcher = parseAddress(said) === undefined ? "overseer" : said;
  if (word === undefined || dispatcher === agent.address) return [];
  const lines = [
    ...(data.branch === "" || word === "REVIEW_DONE" ? [] : [`Branch: ${data.branch}`]),
    ...(data.pullRequest === undefined ? [] : [`PR: ${data.pullRequest.url}`]),
    `Issue: ${bead.id}`,
    `Polecat: ${agent.name}`,
    `Rig: ${agent.rig}`,
    "",
    bead.title,
    ...(data.message === "" ? [] : ["", data.message]),
  ];
  return composeFitting(
    {
      from: agent.address,
      to: [dispatcher],
      subject: `${word}: ${bead.id}`,
      body: lines.join("\n"),
    },
    access.random,
  ).operations;
}
