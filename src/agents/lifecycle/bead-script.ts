import { parseDuration } from "../../core/duration.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { metadataText } from "./attachment.ts";

const defaultTimeoutMs = 30 * 60_000;

/**
 * The script that the `shell` runtime runs for a bead: field `script`, else the first fenced `sh` or `bash` block of
 * the description (spec/03 §1.6). Undefined when it has none.
 */
export function scriptOf(bead: Bead): string | undefined {
  const field = metadataText(bead, "script");
  if (field.trim() !== "") return field;
  const lines = bead.description.replaceAll("\r\n", "\n").split("\n");
  const start = lines.findIndex((line) => /^(`{3,}|~{3,})\s*(sh|bash)\s*$/.test(line));
  if (start < 0) return undefined;
  const fence = /^(`{3,}|~{3,})/.exec(lines[start] ?? "")?.[1] ?? "```";
  const length = lines.slice(start + 1).findIndex((line) => isClosing(line, fence));
  const block = length < 0 ? lines.slice(start + 1) : lines.slice(start + 1, start + 1 + length);
  const script = block.join("\n");
  return script.trim() === "" ? undefined : `${script}\n`;
}

/** A fence ends with at least as many of the same characters, and nothing else on the line. */
const isClosing = (line: string, fence: string): boolean => {
  const text = line.trimEnd();
  return text.length >= fence.length && text === (fence[0] ?? "").repeat(text.length);
};

/** The script, or the error that says how to give the bead one. */
export function requireScript(bead: Bead): string {
  const script = scriptOf(bead);
  if (script !== undefined) return script;
  throw new GtError(
    "E_NO_SCRIPT",
    `bead ${bead.id} has no script: set field script or add a \`\`\`sh block`,
    { hint: `bd update ${bead.id} --description "..."` },
  );
}

/** Time limit of the script in milliseconds: bead field `timeout`, 30 minutes by default. */
export function scriptTimeoutMs(bead: Bead): number {
  return parseDuration(metadataText(bead, "timeout")) ?? defaultTimeoutMs;
}
