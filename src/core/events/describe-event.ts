import { sanitise } from "../sanitise.ts";
import { parseAddress } from "../town/address.ts";
import type { TownEvent } from "./event.ts";
import { eventType } from "./event-types.ts";

/** What happened, in a few words without the actor (spec/06 §9.4). Safe to print: outside text is sanitised. */
export function describeEvent(event: TownEvent): string {
  const messages = eventType(event.type).messages;
  const filled = messages.map((message) => fill(message, event)).find((text) => text !== undefined);
  const text = filled ?? event.type.replace(/[._]/g, " ");
  const exit = event.payload["exit_type"];
  const suffix =
    event.type === "done" && typeof exit === "string" && exit !== "COMPLETED" ? ` (${exit})` : "";
  return oneLine(text + suffix);
}

export function eventSymbol(event: TownEvent, options: { readonly ascii: boolean }): string {
  return options.ascii ? asciiSymbol(event.type) : eventType(event.type).symbol;
}

export interface LineOptions {
  readonly ascii: boolean;
  /** With the day: when the lines span more than one (spec/06 §10). */
  readonly withDay?: boolean;
}

/** `[09:02:38] 🎯 mayor                     slung ac-a1b2c → nux`, in local time (spec/06 §10). */
export function formatEventLine(event: TownEvent, options: LineOptions): string {
  const time = localTime(event.ts, options.withDay ?? false);
  const actor = padCell(oneLine(event.actor) || "system", 25, options.ascii);
  return `[${time}] ${eventSymbol(event, options)} ${actor} ${describeEvent(event)}`;
}

/** `HH:MM:SS`, or `YYYY-MM-DD HH:MM:SS`, local. */
export function localTime(ts: string, withDay: boolean): string {
  const at = new Date(ts);
  if (Number.isNaN(at.getTime())) return withDay ? "????-??-?? ??:??:??" : "??:??:??";
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return withDay ? `${localDay(ts)} ${clock}` : clock;
}

export function localDay(ts: string): string {
  const at = new Date(ts);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** Short name of an address: `nux` for `acme/polecats/nux`, `mayor` for `mayor/`, `acme/witness` as it is. */
export function shortAddress(address: string): string {
  const parsed = parseAddress(address);
  if (!parsed) return address.replace(/\/$/, "");
  if (parsed.name !== "") return parsed.name;
  return parsed.rig === "" ? parsed.role : `${parsed.rig}/${parsed.role}`;
}

/** The message with its values, or undefined when one outside of brackets is missing. */
function fill(message: string, event: TownEvent): string | undefined {
  let text = "";
  for (const part of message.split(/(\[[^\]]*\])/)) {
    const isOptional = part.startsWith("[");
    const filled = fillAll(isOptional ? part.slice(1, -1) : part, event);
    if (filled === undefined && !isOptional) return undefined;
    text += filled ?? "";
  }
  return text;
}

/** `{key}`; `{key~}` a short address, `{key#}` how many, `{key@}` a time as the clock on the wall has it. */
function fillAll(template: string, { payload, ts }: TownEvent): string | undefined {
  let isComplete = true;
  const text = template.replace(/\{([\w+]+)([~#@]?)\}/g, (_, key: string, form: string) => {
    const value =
      form === "#" ? lengthOf(payload[key]) : key.includes("+") ? sum(key, payload) : payload[key];
    const word = asText(value);
    if (word === "") isComplete = false;
    if (form === "@") return wallClock(word, ts);
    return form === "~" ? shortAddress(word) : word;
  });
  return isComplete ? text : undefined;
}

/** Local `HH:MM`, with the day when it is another one than that of the event; what is no time stays as it is. */
function wallClock(time: string, ts: string): string {
  if (Number.isNaN(Date.parse(time))) return time;
  return localTime(time, localDay(time) !== localDay(ts)).replace(/:\d\d$/, "");
}

function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return Array.isArray(value) ? value.map(asText).join(", ") : "";
}

function lengthOf(value: unknown): unknown {
  return Array.isArray(value) ? value.length : value;
}

function sum(keys: string, payload: Readonly<Record<string, unknown>>): unknown {
  const values = keys.split("+").map((key) => lengthOf(payload[key]));
  return values.every((value) => typeof value === "number")
    ? values.reduce<number>((total, value) => total + (value as number), 0)
    : undefined;
}

function oneLine(text: string): string {
  return sanitise(text).replace(/\n/g, "⏎").replace(/\t/g, " ");
}

function padCell(text: string, columns: number, ascii: boolean): string {
  if (text.length <= columns) return text.padEnd(columns);
  return ascii ? `${text.slice(0, columns - 3)}...` : `${text.slice(0, columns - 1)}…`;
}

const asciiByType: Readonly<Record<string, string>> = {
  create: "+",
  sling: "*",
  hook: "*",
  spawn: "*",
  reuse: "*",
  update: ">",
  mail: ">",
  scheduler_dispatch: ">",
  done: "v",
  merged: "v",
  complete: "v",
  convoy_landed: "v",
  merge_started: "~",
  batch_started: "~",
  batch_bisect: "~",
  nudge: "!",
  polecat_nudged: "!",
};

function asciiSymbol(type: string): string {
  if (asciiByType[type]) return asciiByType[type];
  if (/fail|death|denied|rejected|error|kill|crash/.test(type)) return "x";
  if (/escalat|stall|stuck|gupp|stale/.test(type)) return "!";
  return ".";
}
