import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Role } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { sanitise } from "../../core/sanitise.ts";
import type { Address } from "../../core/town/address.ts";
import type { Town } from "../../core/town/town.ts";
import { directivesOf } from "./directive-files.ts";
import type { PrimeSection } from "./prime-section.ts";
import { quoteLine } from "./quotation.ts";

/** The operator's directives for a role, of the town and then of the rig (spec/02 §6.3). */
export function directivesSection(town: Town, address: Address): PrimeSection | undefined {
  const { text, source, files } = directivesOf(town, address.role as Role, address.rig);
  if (text === "") return undefined;
  return {
    name: "directives",
    text: `## Directives (${source})\nThese are the operator's; where they differ from your brief or workflow, they win.\n\n${text}\n`,
    budget: 1200,
    shrink: 2,
    why: files.join(", "),
  };
}

/** What was remembered with `gt remember`: written by people and agents alike, hence quoted. */
export async function memoriesSection(ledger: Ledger): Promise<PrimeSection | undefined> {
  const memories = await ledger.values("memory").catch(() => new Map<string, string>()); // said by the hook's problem
  if (memories.size === 0) return undefined;
  const rows = [...memories]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => `> ${quoteLine(key)}: ${quoteLine(value)}`);
  return {
    name: "memories",
    text: `## Remembered\n${rows.join("\n")}\n`,
    minimum: `## Remembered\n${rows.length} notes: gt memories\n`,
    budget: 700,
    shrink: 5,
    why: "somebody used gt remember",
  };
}

/** `CONTEXT.md` of the town, as its owner wrote it. */
export function contextSection(town: Town): PrimeSection | undefined {
  const text = readText(join(town.root, "CONTEXT.md"));
  return text === ""
    ? undefined
    : { name: "context", text: `${text}\n`, budget: 800, shrink: 5, why: "CONTEXT.md is there" };
}

export const beadReminder: PrimeSection = {
  name: "bd",
  text: `## Beads
bd ready                      what can be done now
bd show <id>                  one bead in full
bd update <id> --notes "..."  keep what you found out
bd create "..." -t task       file new work
bd dep add <id> <blocker>     one waits for the other
bd close <id> --reason "..."  finished
`,
  budget: 400,
  shrink: 5,
  why: "always",
};

function readText(file: string): string {
  if (!existsSync(file)) return "";
  try {
    return sanitise(readFileSync(file, "utf8")).trim();
  } catch {
    return ""; // unreadable counts as absent; gt doctor says so
  }
}
