/** What became of a warrant. `gone`: its target had no session any more. */
export type WarrantResult = "executed" | "pardoned" | "cancelled" | "gone";

/** An order to end an agent that does not respond, after it was asked three times (spec/04 §10.5). Times in milliseconds. */
export interface Warrant {
  readonly id: string;
  /** Canonical address. */
  readonly target: string;
  readonly reason: string;
  readonly filedBy: string;
  readonly filedAt: number;
  /** Questions so far. */
  readonly attempt: number;
  readonly askedAt?: number;
  readonly result?: WarrantResult;
  readonly endedAt?: number;
}

export interface WarrantFacts {
  readonly now: number;
  readonly hasSession: boolean;
  /** When it last achieved something. */
  readonly strongAt: number;
  /** The word that it was asked for is on its screen. */
  readonly saysAlive: boolean;
}

export type WarrantStep =
  | { readonly kind: "ask"; readonly attempt: number; readonly waitMs: number }
  | { readonly kind: "wait"; readonly until: number }
  | { readonly kind: "end"; readonly result: "executed" | "pardoned" | "gone" };

/** How long each answer is waited for. */
export const warrantWaitsMs: readonly number[] = [60_000, 120_000, 240_000];

/** The next step of one that is pending: a sign of life pardons, the third silence ends it. Pure. */
export function decideWarrant(warrant: Warrant, facts: WarrantFacts): WarrantStep {
  if (!facts.hasSession) return { kind: "end", result: "gone" };
  const { attempt, askedAt } = warrant;
  if (askedAt === undefined) return ask(1);
  if (facts.strongAt > askedAt || facts.saysAlive) return { kind: "end", result: "pardoned" };
  const until = askedAt + (warrantWaitsMs[attempt - 1] ?? 0);
  if (facts.now < until) return { kind: "wait", until };
  return attempt >= warrantWaitsMs.length ? { kind: "end", result: "executed" } : ask(attempt + 1);
}

const ask = (attempt: number): WarrantStep => ({
  kind: "ask",
  attempt,
  waitMs: warrantWaitsMs[attempt - 1] ?? 0,
});

/** Whether a screen has the answer on a line of its own; the question itself, echoed there, has it in a sentence. Pure. */
export function saysAlive(lines: readonly string[]): boolean {
  return lines.some((line) => /^[^\p{L}\p{N}]*ALIVE[^\p{L}\p{N}]*$/u.test(line));
}
