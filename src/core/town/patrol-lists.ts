import { isObject, type JsonObject, readJsonFile, writeJsonFile } from "./json-file.ts";
import { daemonFile } from "./paths.ts";

/** A patrol that is limited to a list of rigs gets the new one too; an empty list means all. Needs the registry lock. */
export function addToPatrolLists(root: string, name: string): Promise<void> {
  return editPatrols(root, (patrol, rigs) =>
    rigs.length === 0 || rigs.includes(name) ? patrol : { ...patrol, rigs: [...rigs, name] },
  );
}

/** An empty list would mean all rigs: a patrol whose only rig is gone is switched off. Needs the registry lock. */
export function removeFromPatrolLists(root: string, name: string): Promise<void> {
  return editPatrols(root, (patrol, rigs) => {
    if (!rigs.includes(name)) return patrol;
    const left = rigs.filter((rig) => rig !== name);
    return { ...patrol, rigs: left, ...(left.length === 0 ? { enabled: false } : {}) };
  });
}

async function editPatrols(
  root: string,
  edit: (patrol: JsonObject, rigs: readonly unknown[]) => JsonObject,
): Promise<void> {
  const file = daemonFile(root);
  const content = readJsonFile(file);
  if (!content || !isObject(content["patrols"])) return;
  const before = content["patrols"];
  const patrols = Object.fromEntries(
    Object.entries(before).map(([duty, patrol]) => {
      const rigs = isObject(patrol) ? patrol["rigs"] : undefined;
      return [duty, isObject(patrol) && Array.isArray(rigs) ? edit(patrol, rigs) : patrol];
    }),
  );
  const isChanged = Object.keys(before).some((duty) => before[duty] !== patrols[duty]);
  if (isChanged) await writeJsonFile(file, { ...content, patrols });
}
