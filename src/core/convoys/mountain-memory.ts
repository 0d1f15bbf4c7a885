/** What the last audit saw (runtime row); written only when it changes. */
export interface MountainMemory {
  /** Closed and skipped beads, and the phases of merge requests: while it stays the same, nothing advances. */
  readonly seen: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** When a stall was reported last; 0: not. */
  readonly reportedAt: number;
  /** What its owner was told or somebody was asked, while it lasts (rules B5-B7). */
  readonly told?: readonly string[];
  /** Workers in trouble, by what tells one trouble from the next, with the time since which they are (rule B2). */
  readonly troubled?: Readonly<Record<string, number>>;
  readonly judge?: JudgeMemory;
}

/** What a dog is asked about a mountain: why it stands still, or whether it is complete enough (spec/05 §8.3). */
export type Judgement = "stall" | "complete";

/** Of the dogs that were sent to judge a mountain. */
export interface JudgeMemory {
  /** Asked for, and no dog sent yet. */
  readonly wanted?: Judgement;
  /** When the last dog was sent; milliseconds since the epoch. */
  readonly at?: number;
}
