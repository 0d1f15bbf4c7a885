import { parseDuration } from "../../../core/duration.ts";
import { type EventCategory, eventCategories } from "../../../core/events/event-types.ts";
import { shortAddress } from "../../../core/events/describe-event.ts";
import type { FeedRow, TownData } from "./town-data.ts";

/** Literal, smart case: a capital in the filter makes it exact. */
export function textFilter(wanted: string): (text: string) => boolean {
  const isExact = wanted !== wanted.toLowerCase();
  return (text) => (isExact ? text : text.toLowerCase()).includes(wanted);
}

const keys = ["type", "rig", "agent", "since", "audit"] as const;
type FilterKey = (typeof keys)[number];

/**
 * A filter of events, as it is typed or chosen: `type:merge rig:acme agent:acme/polecats/nux since:1h audit:on`, and words
 * of which all must be somewhere in the row. The values of one key are alternatives. `type` takes categories, too.
 */
export function eventFilter(wanted: string, now: number): (row: FeedRow) => boolean {
  const { facts, words } = parseEventFilter(wanted);
  const hasWords = words.map(textFilter);
  const tests: Readonly<Record<FilterKey, (row: FeedRow, value: string) => boolean>> = {
    type: (row, value) => row.type === value || row.category === value,
    rig: (row, value) => row.rig === value,
    agent: (row, value) => row.actor === value || row.actor.startsWith(`${value}/`),
    since: (row, value) => now - row.at <= (parseDuration(value) ?? Number.POSITIVE_INFINITY),
    audit: (row, value) => value === "on" || !row.isAudit,
  };
  return (row) =>
    [...facts].every(([key, values]) => values.some((value) => tests[key](row, value))) &&
    hasWords.every((has) => has(`${row.type} ${row.actor} ${row.message} ${row.target} ${row.rig}`));
}

/** The filter asks for the events for the audit, too. */
export function wantsAudit(wanted: string): boolean {
  return parseEventFilter(wanted).facts.get("audit")?.includes("on") === true;
}

function parseEventFilter(wanted: string): {
  readonly facts: ReadonlyMap<FilterKey, readonly string[]>;
  readonly words: readonly string[];
} {
  const facts = new Map<FilterKey, string[]>();
  const words: string[] = [];
  for (const word of wordsOf(wanted)) {
    const at = word.indexOf(":");
    const key = keys.find((name) => name === word.slice(0, Math.max(0, at)));
    const value = word.slice(at + 1);
    if (key === undefined) words.push(word);
    else if (value !== "") facts.set(key, [...(facts.get(key) ?? []), value]);
  }
  return { facts, words };
}

function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** A part of a filter that can be chosen. */
export interface FilterChoice {
  readonly token: string;
  readonly label: string;
  readonly isOn: boolean;
}

/** What the filter chooser offers: categories, rigs, who acted lately, times, and the audit. */
export function filterChoices(town: TownData, wanted: string): readonly FilterChoice[] {
  const on = new Set(wordsOf(wanted));
  const actors = [...new Set(town.log.map((row) => row.actor))].sort();
  const choice = (token: string, label: string): FilterChoice => ({ token, label, isOn: on.has(token) });
  return [
    ...eventCategories.map((category: EventCategory) => choice(`type:${category}`, categoryWords[category])),
    ...town.rigs.map((rig) => choice(`rig:${rig}`, `of the rig ${rig}`)),
    ...actors.map((actor) => choice(`agent:${actor}`, `by ${shortAddress(actor)}`)),
    ...["10m", "1h", "24h"].map((time) => choice(`since:${time}`, `of the last ${time}`)),
    choice("audit:on", "those for the audit, too (Log)"),
  ];
}

/** The filter with a part added, or taken away where it was. */
export function toggleToken(wanted: string, token: string): string {
  const words = wordsOf(wanted);
  const rest = words.filter((word) => word !== token);
  return (rest.length < words.length ? rest : [...words, token]).join(" ");
}

const categoryWords: Readonly<Record<EventCategory, string>> = {
  agent: "agents: sessions, starts, deaths",
  work: "work: beads made, slung, done",
  merge: "merges: queue, gates, landings",
  comms: "mail, nudges, escalations",
  patrol: "patrols of witness and deacon",
  system: "the town itself",
};
