import type { NewBead } from "../ledger/operation.ts";
import type { ConvoySnapshot } from "./convoy-snapshot.ts";
import type { MountainAudit } from "./mountain-audit.ts";
import type { JudgeMemory, Judgement } from "./mountain-memory.ts";

export const judgeLabel = "gt:mountain-judge";
/** A dog may think about it for this long. */
export const judgeTimeoutMs = 15 * 60_000;
const betweenMs = 60 * 60_000;

/** Whether a dog is wanted after this audit; a mountain that moves needs none. At most one an hour. Pure. */
export function judgeWanted(
  verdict: MountainAudit["verdict"],
  before: JudgeMemory | undefined,
  now: number,
): { readonly memory: JudgeMemory | undefined; readonly send?: Judgement } {
  const asked = verdict === "stalled" ? "stall" : verdict === "finished" ? "complete" : undefined;
  const { wanted: waiting, ...sent } = before ?? {};
  const isOver = verdict === "moving" || verdict === "moving-again" || verdict === "paused";
  const wanted = asked ?? (isOver ? undefined : waiting);
  const rest = sent.at === undefined ? undefined : sent;
  if (wanted === undefined) return { memory: rest };
  const isTooSoon = sent.at !== undefined && now - sent.at < betweenMs;
  return { memory: { ...rest, wanted }, ...(isTooSoon ? {} : { send: wanted }) };
}

/** The errand of the dog. It starts from the ledger and holds no state of its own. */
export function judgeBead({ convoy }: ConvoySnapshot, task: Judgement): NewBead {
  const name = convoy.title.replace(/^Mountain: /, "");
  const question =
    task === "stall"
      ? "It has stood still for a while. Find out why, and set it going again if you can."
      : "All that is left was skipped, or waits for something that was. Decide what is worth another try.";
  return {
    title: `Judge the mountain ${name}`,
    type: "task",
    scope: "town",
    priority: 1,
    ephemeral: true,
    labels: [judgeLabel],
    metadata: { judge: { convoy: convoy.id, task } },
    description: [
      `Mountain: ${convoy.id} (${name}). ${question}`,
      "",
      `- Look: gt mountain status ${convoy.id}; gt convoy show ${convoy.id}; bd show <bead>; gt mq status <request>.`,
      "- You may: gt mountain retry <bead>; gt mountain skip <bead> -r <reason>; bd dep add/remove; gt sling <bead> <rig>.",
      "- Change no code. What you cannot decide, say so.",
      `- End with a report: gt mail send mayor/ -s "Mountain ${name}: <verdict>" -m "<what you found, what you did, what is open>"`,
      "- Then: gt dog done. You have 15 minutes.",
    ].join("\n"),
  };
}
