import { GtError } from "../gt-error.ts";

/** What a structured message must say, by its type; the catalogue of spec/06 §5.2. */
const required: ReadonlyMap<string, readonly string[]> = new Map([
  ["POLECAT_DONE", ["Exit"]],
  ["MERGE_READY", ["Branch", "Polecat", "Rig"]],
  ["MERGED", ["Branch", "Polecat", "Rig"]],
  ["MERGE_FAILED", ["Branch", "Polecat", "Rig"]],
  ["FIX_NEEDED", ["Branch", "Polecat", "Rig"]],
  ["REWORK_REQUEST", ["Branch", "Polecat", "Rig"]],
  ["CONVOY_NEEDS_FEEDING", ["ConvoyID", "Rig"]],
  ["RECOVERED_BEAD", ["Bead"]],
  ["SPAWN_BLOCKED", ["Bead"]],
  ["REDISPATCH_FAILED", ["Bead", "Attempts"]],
  ["RECOVERY_NEEDED", ["Polecat", "Cleanup Status"]],
  ["CRASHED_POLECAT", ["Polecat", "Hook"]],
  ["GUPP_VIOLATION", ["Polecat", "Bead"]],
  ["ORPHANED_WORK", ["Polecat", "Bead"]],
  ["CRASH_LOOP", ["Polecat", "Count"]],
  ["PUSH_FAILED", ["Branch", "Issue"]],
  ["SLOT_OPEN", []],
  ["POLECAT_DIED", []],
  ["LIFECYCLE:Shutdown", []],
  ["SWARM_START", ["SwarmID", "Beads"]],
  ["READY_FOR_REVIEW", ["Branch", "Issue"]],
  ["HELP", []],
  ["HANDOFF", []],
]);
const longestFirst = [...required.keys()].toSorted((one, other) => other.length - one.length);

/** Other names under which a value is known. */
const sameKey: Readonly<Record<string, string>> = {
  agent: "polecat",
  commit: "mergecommit",
  respawns: "respawncount",
  previous: "previousstatus",
};

export interface ProtocolMessage {
  readonly type: string;
  /** What stands behind the type in the subject. */
  readonly object: string;
  /** The value of a key, however the sender spelled it; undefined when it is not there. */
  value(key: string): string | undefined;
  /** All values, by their keys as the sender spelled them. */
  readonly fields: Readonly<Record<string, string>>;
  /** Free text behind the first blank line. */
  readonly text: string;
}

/** The catalogue type that a subject begins with, exact case; undefined for ordinary mail (spec/06 §5.1). */
export function protocolType(subject: string): string | undefined {
  const rest = bare(subject);
  return longestFirst.find((type) => rest.startsWith(type) && /^(?:$|[\s:])/.test(rest.slice(type.length)));
}

/** Reads structured mail. Undefined for ordinary mail; `E_PROTOCOL` when a required key is missing. */
export function parseProtocol(
  subject: string,
  body: string,
  sender: { readonly rig: string } = { rig: "" },
): ProtocolMessage | undefined {
  const type = protocolType(subject);
  if (type === undefined) return undefined;
  const object = bare(subject)
    .slice(type.length)
    .replace(/^[:\s]+/, "")
    .trim();
  const lines = body.split(/\r?\n/);
  const blank = lines.indexOf("");
  const values = new Map<string, string>();
  const fields: Record<string, string> = {};
  for (const line of blank < 0 ? lines : lines.slice(0, blank)) {
    const at = line.indexOf(": ");
    if (at <= 0) continue;
    const key = canonicalKey(line.slice(0, at));
    if (values.has(key)) continue;
    values.set(key, line.slice(at + 2).trim());
    fields[line.slice(0, at)] = line.slice(at + 2).trim();
  }
  const fromSubject = object.includes("/") ? object.split("/").at(-1)?.split(" ")[0] : object.split(" ")[0];
  if (!values.has("polecat") && fromSubject) values.set("polecat", fromSubject);
  const rig = object.includes("/") ? object.split("/")[0] : sender.rig;
  if (!values.has("rig") && rig) values.set("rig", rig);
  const missing = (required.get(type) ?? []).filter((key) => !values.get(canonicalKey(key)));
  if (missing.length > 0)
    throw new GtError("E_PROTOCOL", `${type} message without ${missing.join(", ")}`, {
      details: { type, missing },
    });
  return {
    type,
    object,
    fields,
    value: (key) => values.get(canonicalKey(key)),
    text: blank < 0 ? "" : lines.slice(blank + 1).join("\n"),
  };
}

const maxErrorBytes = 2000;

/** The body of structured mail: `Key: value` lines, then free text. A value is one line. */
export function protocolBody(
  values: Readonly<Record<string, string | number | undefined>>,
  text = "",
): string {
  const lines = Object.entries(values).flatMap(([key, value]) =>
    value === undefined || value === "" ? [] : [`${key}: ${oneLine(String(value))}`],
  );
  return text === "" ? lines.join("\n") : [...lines, "", text].join("\n");
}

function oneLine(value: string): string {
  const line = value.replace(/\r?\n/g, "⏎");
  if (Buffer.byteLength(line) <= maxErrorBytes) return line;
  let end = maxErrorBytes;
  while (Buffer.byteLength(line.slice(0, end)) > maxErrorBytes) end -= 100;
  return `${line.slice(0, end)}…`;
}

const bare = (subject: string): string => subject.replace(/^🤝 /u, "").replace(/^SPAWN_STORM /, "");

function canonicalKey(key: string): string {
  const plain = key.toLowerCase().replace(/[\s_-]/g, "");
  return sameKey[plain] ?? plain;
}
