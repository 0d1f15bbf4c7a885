import type { Bead } from "../../core/ledger/bead.ts";
import { type Attachment, attachmentOf, attemptsOf, metadataText } from "./attachment.ts";

/** What the record of a sling holds: enough to go on with it or to undo it without the process that began it. */
export interface SlingData {
  readonly name: string;
  readonly worktree: string;
  readonly isReused: boolean;
  /** Set from step `worktree` on. */
  readonly branch: string;
  readonly start: string;
  readonly agentOverride?: string;
  readonly takeOver?: string;
  /** The bead as it was, for undoing the commit. */
  readonly before: BeadBefore;
  readonly convoy?: string;
  /** The batch that hooked the bead was applied. */
  readonly isCommitted: boolean;
}

export interface BeadBefore {
  readonly status: string;
  readonly assignee: string;
  readonly attachment: Attachment | null;
  readonly attempts: number;
  readonly awaitingMerge: string;
}

/** What an undo has to restore. */
export function beadBefore(bead: Bead): BeadBefore {
  return {
    status: bead.status,
    assignee: bead.assignee,
    attachment: bead.metadata["attachment"] === undefined ? null : attachmentOf(bead),
    attempts: attemptsOf(bead),
    awaitingMerge: metadataText(bead, "awaiting_merge"),
  };
}
