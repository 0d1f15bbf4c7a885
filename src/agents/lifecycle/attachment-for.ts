import { formatTime } from "../../core/clock.ts";
import type { TownAccess } from "../town-access.ts";
import type { Attachment } from "./attachment.ts";
import type { SlingOptions } from "./sling-request.ts";

/** What the flags of a sling leave on the bead (spec/04 §2.6); `convoy` is the id of the one that tracks it. */
export function attachmentFor(access: TownAccess, options: SlingOptions, convoy?: string): Attachment {
  return {
    dispatched_by: access.actor,
    attached_at: formatTime(access.clock.now()),
    ...(options.args === undefined ? {} : { args: options.args }),
    ...(options.message === undefined ? {} : { message: options.message }),
    ...(options.subject === undefined ? {} : { subject: options.subject }),
    ...(options.merge === undefined ? {} : { merge_strategy: options.merge }),
    ...(options.noMerge === true ? { no_merge: true } : {}),
    ...(options.reviewOnly === true ? { review_only: true } : {}),
    ...(options.ralph === true ? { mode: "ralph" as const } : {}),
    ...(options.baseBranch === undefined ? {} : { base_branch: options.baseBranch }),
    ...(options.agent === undefined ? {} : { agent: options.agent }),
    ...(options.account === undefined ? {} : { account: options.account }),
    ...(convoy === undefined ? {} : { convoy_id: convoy }),
    ...(options.owned === true ? { convoy_owned: true } : {}),
  };
}
