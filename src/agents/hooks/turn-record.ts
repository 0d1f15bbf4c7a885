import type { Ledger } from "../../core/ledger/ledger.ts";

/** What is remembered between an agent's turns, so that it is not driven on for ever; a runtime row by address. */
export interface Turn {
  /** Turns lengthened since the last prompt. */
  readonly continued: number;
  /** Given last, and not gone since. */
  readonly reason?: string;
  /** Commit at which the polecat stopped with work that it had not handed in. */
  readonly stoppedAt?: string;
}

/** Turns that are lengthened in a row before the agent may rest. */
export const maxContinuations = 3;

const table = "turns";
const fresh: Turn = { continued: 0 };

export async function readTurn(ledger: Ledger, actor: string): Promise<Turn> {
  return (await ledger.row<Turn>(table, actor))?.value ?? fresh;
}

export async function writeTurn(ledger: Ledger, actor: string, turn: Turn): Promise<void> {
  await ledger.write(actor, [{ op: "putRow", table, key: actor, value: turn }]);
}

/** A prompt begins a new count; what was said to the agent stays said. */
export async function beginTurn(ledger: Ledger, actor: string): Promise<void> {
  const turn = await readTurn(ledger, actor);
  if (turn.continued > 0) await writeTurn(ledger, actor, { ...turn, continued: 0 });
}
