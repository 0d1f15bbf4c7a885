import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { usageError } from "../../../core/gt-error.ts";
import type { BeadId } from "../../../core/ledger/bead.ts";
import type { Workspace } from "./workspace.ts";

/** Remembers the bead that this actor worked with last; each actor has its own, so nobody closes another's (spec/01 §1). */
export function rememberTouched(workspace: Pick<Workspace, "beadsDir" | "actor">, id: BeadId): void {
  if (readTouched(workspace) === id) return;
  try {
    mkdirSync(join(workspace.beadsDir, "last-touched"), { recursive: true });
    writeFileSync(fileOf(workspace), `${id}\n`);
  } catch {
    // A convenience: a directory that cannot be written must not fail the command.
  }
}

export function readTouched(workspace: Pick<Workspace, "beadsDir" | "actor">): BeadId | undefined {
  try {
    return readFileSync(fileOf(workspace), "utf8").trim() || undefined;
  } catch {
    // Nothing touched yet.
    return undefined;
  }
}

/** The ids that a command works on: those given, else the one touched last (spec/01 §10.1). */
export function idsOrTouched(workspace: Workspace, given: readonly string[]): readonly string[] {
  if (given.length > 0) return given;
  const touched = readTouched(workspace);
  if (touched !== undefined) return [touched];
  throw usageError("no issue ID given and nothing touched yet", { hint: "bd list" });
}

function fileOf({ beadsDir, actor }: Pick<Workspace, "beadsDir" | "actor">): string {
  const slug = actor.replace(/[^A-Za-z0-9_.-]+/g, "_").slice(0, 100) || "_";
  return join(beadsDir, "last-touched", slug.replace(/^\.+/, "_"));
}
