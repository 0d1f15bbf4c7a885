import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Role } from "../../core/ledger/bead.ts";
import { sanitise } from "../../core/sanitise.ts";
import type { Town } from "../../core/town/town.ts";

/** Where the operator's directives for a role stand: those of a rig, or of the town (spec/02 §6.3). */
export function directiveFile(town: Pick<Town, "root">, role: Role, rig = ""): string {
  return join(town.root, rig, "directives", `${role}.md`);
}

/**
 * What an agent is told of a directive file, made safe for a terminal. Markdown's comments are for whoever edits it. Empty
 * when there is no file, or none that can be read: `gt doctor` says so.
 */
export function readDirective(file: string): string {
  if (!existsSync(file)) return "";
  try {
    return sanitise(readFileSync(file, "utf8"))
      .replace(/<!--[\s\S]*?-->/g, "")
      .trim();
  } catch {
    return "";
  }
}

export interface Directives {
  /** Whose they are, e.g. `Town and rig web`; empty when there are none. */
  readonly source: string;
  /** The town's, then the rig's. */
  readonly text: string;
  /** Those of which it is made. */
  readonly files: readonly string[];
}

/** All directives that a role has in a rig, or in the town with `rig` empty. */
export function directivesOf(town: Pick<Town, "root">, role: Role, rig: string): Directives {
  const [townFile, rigFile] = [directiveFile(town, role), directiveFile(town, role, rig)];
  const ofTown = readDirective(townFile);
  const ofRig = rig === "" ? "" : readDirective(rigFile);
  const text = [ofTown, ofRig].filter((part) => part !== "").join("\n");
  const both = ofTown !== "" && ofRig !== "";
  const source = text === "" ? "" : both ? `Town and rig ${rig}` : ofTown === "" ? `Rig ${rig}` : "Town";
  const files = [...(ofTown === "" ? [] : [townFile]), ...(ofRig === "" ? [] : [rigFile])];
  return { source, text, files };
}
