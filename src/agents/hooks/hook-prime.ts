import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { acknowledging } from "../../core/mail/change-mail.ts";
import type { Town } from "../../core/town/town.ts";
import { withoutMolecule } from "../lifecycle/attachment.ts";
import { type HandoffNote, handoffTable } from "../lifecycle/handoff-note.ts";
import { type Prime, prime, type PrimeAccess } from "../prime/prime.ts";
import type { StepsReading } from "../prime/steps-section.ts";

/** Characters that runtimes accept from a hook, and those that are enough after a compaction (spec/03 §6.2, §6.4). */
export const hookCap = 9500;
export const shortCap = 2000;

export interface HookPrimeRequest {
  readonly variant: "full" | "short";
  readonly sessionId: string;
  readonly env: NodeJS.ProcessEnv;
  readonly warnings?: readonly string[];
}

/**
 * `gt prime` as a session's start hook gives it to the model: within the size that runtimes accept, and with its effects:
 * the predecessor's note is told once, the mail that it names is acknowledged, the uncut text stays on disk.
 */
export async function hookPrime(access: PrimeAccess, request: HookPrimeRequest): Promise<Prime> {
  const { variant, sessionId, env, warnings = [] } = request;
  const run = env["GT_RUN"] ?? "";
  const session = env["GT_SESSION"] ?? "";
  const result = await prime(access, {
    ...{ variant, sessionId, run, session, warnings },
    cap: variant === "short" ? shortCap : hookCap,
    pid: process.ppid,
  });
  await takeHandoffNote(access, result.handoff, run);
  await forgetMissing(access, result.steps);
  if (variant === "full" && session !== "") storeText(access.town, session, result.wholeText);
  const seen = result.named.flatMap((message) => acknowledging(message, access.actor, Date.now()));
  if (seen.length > 0) await access.ledger.write(access.actor, seen);
  return result;
}

/** The note is this run's from now on: a later one is not told about it again. */
export async function takeHandoffNote(
  { ledger, actor }: PrimeAccess,
  note: HandoffNote | undefined,
  run: string,
): Promise<void> {
  if (note === undefined || note.takenBy === run) return;
  await ledger.write(actor, [
    { op: "putRow", table: handoffTable, key: actor, value: { ...note, takenBy: run } },
  ]);
}

/** A bead that names a molecule which is gone is worked on as it is from now on (spec/02 §7.8). */
export async function forgetMissing(
  { ledger, actor }: PrimeAccess,
  steps: StepsReading | undefined,
): Promise<void> {
  if (steps?.is !== "missing") return;
  const { bead, molecule } = steps;
  await ledger.write(actor, [
    { op: "expect", id: bead, expected: { metadata: { "attachment.molecule": molecule } } },
    { op: "update", id: bead, fields: { metadata: { attachment: withoutMolecule } } },
    {
      op: "event",
      event: {
        type: "mol_recover",
        payload: { root: molecule, bead, what: "it is gone; the bead goes on without it" },
      },
    },
  ]);
}

function storeText(town: Town, session: string, text: string): void {
  const directory = join(town.paths.runtime, "prime");
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(join(directory, `${session.replace(/[^A-Za-z0-9_.-]/g, "_")}.md`), text, { mode: 0o600 });
  } catch {
    // A convenience for people; the agent has what fits.
  }
}
