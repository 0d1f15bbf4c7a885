import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { unreadMail } from "../../core/mail/mailbox.ts";
import { type Announced, mailReminder, worthNaming } from "../../core/mail/mail-reminder.ts";
import type { Message } from "../../core/mail/message.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import { isObject } from "../../core/town/json-file.ts";
import type { Town } from "../../core/town/town.ts";
import { readStop } from "../daemon/emergency-stop.ts";
import { claim, settle } from "../sessions/nudge-queue.ts";
import { reminderText } from "../sessions/nudge-text.ts";

export interface InjectionRequest {
  readonly town: Town;
  readonly ledger: Ledger;
  /** Canonical address of the agent. */
  readonly address: string;
  /** Name and run of its session; empty outside of one. */
  readonly session: string;
  readonly run: string;
  readonly rig: string;
  readonly now: number;
}

export interface Injection {
  /** Blocks for the agent's context, in order; empty when there is nothing to say. */
  readonly blocks: readonly string[];
  /** To be acknowledged once they are printed. */
  readonly named: readonly Message[];
  /** Remembers what was named, so that the next prompt does not repeat it. Call it after printing. */
  remember(): void;
}

/** Messages handed over at once; the rest waits (spec/03 §7.4). */
const maxNudges = 10;
const maxNudgeCharacters = 4000;

/** What an agent must know at its prompt: an emergency stop, its mail, what was said to it (spec/06 §4). */
export async function inject(request: InjectionRequest): Promise<Injection> {
  const { town, ledger, address, session, now } = request;
  const stop = readStop(town, request.rig === "" ? undefined : request.rig);
  const unread = await unreadMail(ledger, address);
  const announced = session === "" ? {} : readAnnounced(town, session);
  const mail = mailReminder(unread, worthNaming(unread, announced, now));
  const named = mail?.named ?? [];
  const nudges = await takeNudges(request);
  return {
    blocks: [
      ...(stop === undefined
        ? []
        : [
            block([
              `EMERGENCY STOP (${stop.scope})${stop.reason === "" ? "" : `: ${quoted(stop.reason)}`}`,
              "Work is paused. Save your state, start nothing new, and wait for gt thaw.",
            ]),
          ]),
      ...(mail === undefined ? [] : [block(mail.lines)]),
      ...(nudges === undefined ? [] : [nudges]),
    ],
    named,
    remember: () => {
      if (session === "" || named.length === 0) return;
      const ids = new Set(unread.map(({ id }) => id));
      const kept = Object.entries(announced).filter(([id]) => ids.has(id));
      writeAnnounced(town, session, {
        ...Object.fromEntries(kept),
        ...Object.fromEntries(named.map(({ id }) => [id, now])),
      });
    },
  };
}

function block(lines: readonly string[]): string {
  return ["<system-reminder>", ...lines, "</system-reminder>"].join("\n");
}

const quoted = (text: string): string =>
  sanitiseLine(text).replaceAll("<", "‹").replaceAll(">", "›").slice(0, 300);

/** Hands over what waits for this session: the claim makes sure that nobody else types it, too. */
export async function takeNudges({
  ledger,
  session,
  run,
  now,
}: Pick<InjectionRequest, "ledger" | "session" | "run" | "now">): Promise<string | undefined> {
  if (session === "") return undefined;
  const nudges = await claim(ledger, {
    ...{ session, run, now, limit: maxNudges, maxCharacters: maxNudgeCharacters },
    accepts: (nudge) => nudge.kind === "say" && nudge.mode !== "immediate",
  });
  if (nudges.length === 0) return undefined;
  for (const nudge of nudges) await settle(ledger, nudge.sender, nudge, "acknowledged");
  return reminderText(nudges);
}

function announcedFile(town: Town, session: string): string {
  return join(town.paths.runtime, "mail-announced", `${session.replace(/[^A-Za-z0-9_.-]/g, "_")}.json`);
}

function readAnnounced(town: Town, session: string): Announced {
  try {
    const value: unknown = JSON.parse(readFileSync(announcedFile(town, session), "utf8"));
    if (!isObject(value)) return {};
    return Object.fromEntries(
      Object.entries(value).flatMap(([id, at]) => (typeof at === "number" ? [[id, at]] : [])),
    );
  } catch {
    return {}; // never announced anything, or the file was thrown away
  }
}

function writeAnnounced(town: Town, session: string, announced: Announced): void {
  const file = announcedFile(town, session);
  try {
    mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
    writeFileSync(file, JSON.stringify(announced));
  } catch {
    // Then the next prompt names the same messages again.
  }
}
