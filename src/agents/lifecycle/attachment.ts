import type { Bead } from "../../core/ledger/bead.ts";

export type MergeStrategy = "mr" | "direct" | "local" | "pr";

/** What a dispatch writes on the bead (`metadata.attachment`, spec/04 §2.6, spec/01 §6.4). */
export interface Attachment {
  readonly dispatched_by?: string;
  readonly attached_at?: string;
  readonly args?: string;
  readonly message?: string;
  readonly subject?: string;
  readonly formula?: string;
  readonly formula_version?: number;
  /** Variables that the dispatcher gave. */
  readonly vars?: Readonly<Record<string, string>>;
  readonly molecule?: string;
  readonly merge_strategy?: MergeStrategy;
  readonly no_merge?: boolean;
  readonly review_only?: boolean;
  readonly mode?: "ralph";
  readonly base_branch?: string;
  readonly convoy_id?: string;
  readonly convoy_owned?: boolean;
  /** Runtime of this assignment, so that a restart uses the same one. */
  readonly agent?: string;
  /** Account of this assignment, for the same reason. */
  readonly account?: string;
}

/** The attachment of a bead; empty when it was never dispatched. Trusted: only the ledger's writers set it. */
export function attachmentOf(bead: Bead): Attachment {
  const value = bead.metadata["attachment"];
  return isObject(value) ? (value as Attachment) : {};
}

const attachmentKeys = [
  "dispatched_by",
  "attached_at",
  "args",
  "message",
  "subject",
  "formula",
  "formula_version",
  "vars",
  "molecule",
  "merge_strategy",
  "no_merge",
  "review_only",
  "mode",
  "base_branch",
  "convoy_id",
  "convoy_owned",
  "agent",
  "account",
] as const satisfies readonly (keyof Attachment)[];

/** A metadata patch after which the bead has this attachment and nothing of an older one (RFC 7386: null removes). */
export function replaceAttachment(attachment: Attachment): Readonly<Record<string, unknown>> {
  return { ...Object.fromEntries(attachmentKeys.map((key) => [key, null])), ...attachment };
}

/** A patch after which the attachment says nothing of a molecule any more. */
export const withoutMolecule = { molecule: null, formula: null, formula_version: null } as const;

/** Slings of the bead to a polecat since its last COMPLETED or DEFERRED exit (spec/04 §2.5). */
export function attemptsOf(bead: Bead): number {
  const recovery = bead.metadata["recovery"];
  const attempts = isObject(recovery) ? recovery["attempts"] : undefined;
  return typeof attempts === "number" ? attempts : 0;
}

/** A text at the top level of the bead's metadata, such as `awaiting_merge` or `prior_branch`; "" when absent. */
export function metadataText(bead: Bead, key: string): string {
  const value = bead.metadata[key];
  return typeof value === "string" ? value : "";
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
