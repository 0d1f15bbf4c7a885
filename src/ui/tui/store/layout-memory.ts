import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type PaneTree, panesOf } from "../panes/pane-tree.ts";
import type { TuiState } from "./state.ts";

/** What the TUI remembers of a town from one time to the next. */
export interface RememberedLayout {
  readonly paneTree: PaneTree | undefined;
  readonly collapsed: readonly string[];
  /** Selected agent. */
  readonly agent: string | undefined;
}

export interface LayoutMemory {
  /** Nothing when there is none, or none that can be read: the file may be deleted at any moment. */
  load(): RememberedLayout | undefined;
  save(state: TuiState): void;
}

export function layoutMemory(file: string): LayoutMemory {
  return {
    load: () => {
      try {
        return readLayout(JSON.parse(readFileSync(file, "utf8")));
      } catch {
        return undefined; // absent or damaged: the default layout
      }
    },
    save: (state) => {
      const layout: RememberedLayout = {
        paneTree: state.paneTree,
        collapsed: [...state.collapsed],
        agent: state.selection.agents,
      };
      try {
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
        writeFileSync(`${file}.new`, JSON.stringify(layout), { mode: 0o600 });
        renameSync(`${file}.new`, file);
      } catch {
        // A layout that cannot be kept is no reason to fail on the way out.
      }
    },
  };
}

function readLayout(value: unknown): RememberedLayout | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { paneTree, collapsed, agent } = value as Readonly<Record<string, unknown>>;
  const tree = readTree(paneTree);
  const isUnique = new Set(panesOf(tree)).size === panesOf(tree).length;
  return {
    paneTree: isUnique ? tree : undefined,
    collapsed: Array.isArray(collapsed) ? collapsed.filter((name) => typeof name === "string") : [],
    agent: typeof agent === "string" ? agent : undefined,
  };
}

function readTree(value: unknown): PaneTree | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { pane, split, first, second } = value as Readonly<Record<string, unknown>>;
  if (typeof pane === "string") return { pane };
  const one = readTree(first);
  const other = readTree(second);
  if ((split !== "right" && split !== "down") || one === undefined || other === undefined)
    return one ?? other;
  return { split, first: one, second: other };
}
