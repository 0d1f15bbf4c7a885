import { relative, resolve, sep } from "node:path";
import type { BeadFilter } from "../../../core/ledger/ledger.ts";
import { settingsIfSet } from "../../../core/ledger/settings-if-set.ts";
import type { CommandContext } from "../command.ts";
import type { Workspace } from "./workspace.ts";

const prefix = "directory.labels.";

/**
 * In a directory that `directory.labels` names, listings without a label flag of their own show the beads with its label
 * (spec/01 §10.9). Paths count from the directory that holds `.beads`; of several that fit, the deepest holds.
 */
export async function directoryLabelFilter(
  { flags, cwd, env }: CommandContext,
  { beadsDir }: Workspace,
): Promise<Pick<BeadFilter, "anyLabel">> {
  const isAsked = ["label", "label-any", "no-labels", "label-pattern", "label-regex"].some((name) =>
    flags.has(name),
  );
  const settings = isAsked ? undefined : await settingsIfSet(beadsDir, env, ["directory.labels"]);
  if (settings === undefined) return {};
  const [deepest] = settings
    .all({ withDefaults: false })
    .filter(({ key }) => key.startsWith(prefix))
    .map(({ key, value }) => ({ path: resolve(beadsDir, "..", key.slice(prefix.length)), label: value }))
    .filter(({ path }) => isInside(cwd, path))
    .toSorted((a, b) => b.path.length - a.path.length);
  return deepest === undefined ? {} : { anyLabel: deepest.label.split(",").map((label) => label.trim()) };
}

function isInside(directory: string, of: string): boolean {
  const path = relative(of, directory);
  return path !== ".." && !path.startsWith(`..${sep}`);
}
