import { homedir } from "node:os";
import { join } from "node:path";
import { isObject, readJsonFile, writeJsonFile } from "./json-file.ts";
import { statSync } from "node:fs";
import { townFile } from "./paths.ts";

/** A town that was used on this machine. Feeds messages and the start screen, never discovery (spec/07 §2.2). */
export interface KnownTown {
  readonly path: string;
  readonly name: string;
  /** RFC 3339. */
  readonly last_used: string;
}

const most = 20;

/** Newest first; towns that are gone are left out. Never throws: the list is a courtesy. */
export function knownTowns(env: NodeJS.ProcessEnv): readonly KnownTown[] {
  let stored: unknown;
  try {
    stored = readJsonFile(knownTownsFile(env))?.["towns"];
  } catch {
    return [];
  }
  return (Array.isArray(stored) ? stored : []).filter(isKnownTown).filter((town) => stillThere(town.path));
}

/** Puts the town at the head of the list. */
export async function rememberTown(
  town: { readonly root: string; readonly name: string },
  env: NodeJS.ProcessEnv,
  now: string,
): Promise<void> {
  const others = knownTowns(env).filter((known) => known.path !== town.root);
  const towns = [{ path: town.root, name: town.name, last_used: now }, ...others].slice(0, most);
  await writeJsonFile(knownTownsFile(env), { version: 1, towns }, { mode: 0o600 });
}

export function stateDirectory(env: NodeJS.ProcessEnv): string {
  return join(env["XDG_STATE_HOME"] || join(env["HOME"] || homedir(), ".local", "state"), "gastown");
}

function knownTownsFile(env: NodeJS.ProcessEnv): string {
  return join(stateDirectory(env), "towns.json");
}

function isKnownTown(value: unknown): value is KnownTown {
  return (
    isObject(value) &&
    typeof value["path"] === "string" &&
    typeof value["name"] === "string" &&
    typeof value["last_used"] === "string"
  );
}

function stillThere(root: string): boolean {
  return statSync(townFile(root), { throwIfNoEntry: false })?.isFile() ?? false;
}
