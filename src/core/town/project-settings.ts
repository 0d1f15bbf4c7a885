import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { isObject, type JsonObject, parseJsonObject } from "./json-file.ts";
import { projectSettingsFile } from "./paths.ts";

/** What a project suggests for its rig in `.gastown/settings.json` on the default branch (spec/07 §4.5). */
export interface ProjectSettings {
  /** Everything that cannot run anything. */
  readonly harmless: JsonObject;
  /** Commands that would run on every merge: in force only after a person has seen and accepted them. */
  readonly commands: JsonObject;
  /** Of the file, for remembering what was accepted. */
  readonly sha256: string;
}

/** Rig settings that a project may not suggest: they decide what runs and as whom. */
const notForProjects = new Set([
  "agents",
  "agent",
  "role_agents",
  "worker_agents",
  "runtime",
  "namepool",
  "theme",
  "crew",
]);

/** Undefined without such a file. A broken one is the project's trouble, not the town's. */
export function readProjectSettings(root: string, rig: string): ProjectSettings | undefined {
  const file = projectSettingsFile(root, rig);
  let text: string;
  let content: JsonObject;
  try {
    text = readFileSync(file, "utf8");
    content = parseJsonObject(text, file);
  } catch {
    return undefined;
  }
  const allowed = Object.fromEntries(Object.entries(content).filter(([key]) => !notForProjects.has(key)));
  const { merge_queue: queue, ...others } = allowed;
  const entries = Object.entries(isObject(queue) ? queue : {});
  return {
    harmless: { ...others, merge_queue: Object.fromEntries(entries.filter(([key]) => !isCommand(key))) },
    commands: Object.fromEntries(entries.filter(([key]) => isCommand(key))),
    sha256: createHash("sha256").update(text).digest("hex"),
  };
}

/** The layer as far as it is in force: commands only when exactly this file was accepted. */
export function projectLayer(project: ProjectSettings | undefined, accepted: unknown): JsonObject {
  if (!project) return {};
  if (accepted !== project.sha256) return project.harmless;
  const queue = isObject(project.harmless["merge_queue"]) ? project.harmless["merge_queue"] : {};
  return { ...project.harmless, merge_queue: { ...queue, ...project.commands } };
}

/** One line for each command, for people to judge. */
export function describeCommands(commands: JsonObject): readonly string[] {
  return Object.entries(commands).map(
    ([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
}

function isCommand(key: string): boolean {
  return key.endsWith("_command") || key === "gates";
}
