import { formatSpan } from "../../core/duration.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Checkpoint } from "../lifecycle/checkpoint.ts";
import type { PrimeSection } from "./prime-section.ts";
import { quoteLine, quoteShortly } from "./quotation.ts";

export interface Recovery {
  readonly checkpoint: Checkpoint | undefined;
  /** The session before this one ended unexpectedly. */
  readonly hasCrashed: boolean;
  readonly bead: Bead | undefined;
  readonly now: number;
}

const maxFiles = 8;

/** Where the agent was before its context was lost: its checkpoint, and after a crash its own notes (spec/03 §5.10). */
export function checkpointSection(recovery: Recovery): PrimeSection | undefined {
  const { checkpoint, hasCrashed, bead, now } = recovery;
  if (checkpoint === undefined && !hasCrashed) return undefined;
  const notes = bead?.notes.trim() ?? "";
  const lines = [
    "## Where you were",
    ...(hasCrashed
      ? [
          "The session before this one ended unexpectedly. Look at `git status` before you go on; lost edits may be in `gt hook snapshots`.",
        ]
      : []),
    ...(checkpoint === undefined ? [] : linesOf(checkpoint, now).map((line) => `> ${line}`)),
    ...(notes === "" ? [] : ["Your notes:", quoteShortly(notes, 240, `bd show ${bead?.id ?? ""}`)]),
  ];
  return {
    name: "checkpoint",
    text: `${lines.join("\n")}\n`,
    budget: 500,
    shrink: 4,
    why: hasCrashed ? "the previous session crashed" : "a checkpoint of the last day is there",
  };
}

function linesOf(checkpoint: Checkpoint, now: number): readonly string[] {
  const { branch, lastCommit, modified, reason, at, step, notes } = checkpoint;
  const files = modified.slice(0, maxFiles).map(quoteLine);
  const more = modified.length > maxFiles ? `, … ${modified.length - maxFiles} more` : "";
  return [
    `Saved ${formatSpan(now - at)} ago (${quoteLine(reason)})${branch === "" ? "" : ` on branch ${quoteLine(branch)}`}`,
    ...(step === undefined ? [] : [`Next then: ${quoteLine(step)}`]),
    ...(notes === undefined ? [] : [`You noted: ${quoteLine(notes)}`]),
    ...(lastCommit === "" ? [] : [`Last commit: ${quoteLine(lastCommit)}`]),
    ...(files.length === 0 ? [] : [`Modified then: ${files.join(", ")}${more}`]),
  ];
}
