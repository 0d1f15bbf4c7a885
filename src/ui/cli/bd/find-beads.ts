import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { outermostTown } from "../../../core/town/find-town.ts";

/** Where a ledger was found. */
export type BeadsPlace =
  | { readonly kind: "town"; readonly root: string }
  | { readonly kind: "directory"; readonly beadsDir: string; readonly redirectedFrom?: string }
  | { readonly kind: "file"; readonly path: string };

export interface BeadsSearch {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Value of `--db`. */
  readonly db?: string | undefined;
  /** Value of `--town`. */
  readonly town?: string | undefined;
  warn(text: string): void;
}

const redirectLimit = 3;

/** The ledger meant by directory and environment (spec/01 §8.1); undefined when there is none. */
export function findBeads(search: BeadsSearch): BeadsPlace | undefined {
  const { cwd, env } = search;
  const file = search.db || env["BEADS_DB"] || env["BD_DB"];
  if (file) return { kind: "file", path: resolve(cwd, file) };
  const directory = env["BEADS_DIR"];
  if (directory) return place(followRedirects(resolve(cwd, directory), search), resolve(cwd, directory));
  if (search.town !== undefined) return { kind: "town", root: resolve(cwd, search.town) };
  const town = outermostTown(cwd);
  if (town !== undefined) return { kind: "town", root: town };
  return nearestBeads(search) ?? hintedTown(env);
}

/** A `.beads` directory that holds something, here or further up; a worktree without its own uses the repository's. */
function nearestBeads(search: BeadsSearch): BeadsPlace | undefined {
  for (let at = search.cwd; ; at = dirname(at)) {
    const beadsDir = join(at, ".beads");
    const real = followRedirects(beadsDir, search);
    if (real !== beadsDir || holdsBeads(beadsDir)) {
      const main = existsSync(join(beadsDir, "beads.db")) ? undefined : mainCheckout(at);
      const shared = main === undefined ? undefined : join(main, ".beads");
      if (real === beadsDir && shared !== undefined && holdsBeads(shared)) return place(shared, beadsDir);
      return place(real, beadsDir);
    }
    const main = mainCheckout(at);
    if (main !== undefined && holdsBeads(join(main, ".beads"))) return place(join(main, ".beads"), beadsDir);
    if (dirname(at) === at) return undefined;
  }
}

function hintedTown(env: NodeJS.ProcessEnv): BeadsPlace | undefined {
  const hint = [env["GT_TOWN_ROOT"], env["GT_ROOT"]].find((root) => root && outermostTown(root) === root);
  return hint === undefined ? undefined : { kind: "town", root: hint };
}

/** A redirect may lead into a town; its ledger is then the town's. */
function place(beadsDir: string, from: string): BeadsPlace {
  const parent = dirname(beadsDir);
  if (basename(beadsDir) === ".beads" && outermostTown(parent) === parent)
    return { kind: "town", root: parent };
  return { kind: "directory", beadsDir, ...(beadsDir === from ? {} : { redirectedFrom: from }) };
}

function followRedirects(start: string, { warn }: BeadsSearch): string {
  let at = start;
  for (let step = 0; step < redirectLimit; step++) {
    const next = readRedirect(at);
    if (next === undefined) return at;
    if (next === at) {
      warn(`${join(at, "redirect")} leads to itself; removed`);
      rmSync(join(at, "redirect"), { force: true });
      return at;
    }
    at = next;
  }
  if (readRedirect(at) !== undefined) warn(`too many redirects from ${start}; using ${at}`);
  return at;
}

function readRedirect(beadsDir: string): string | undefined {
  try {
    const target = readFileSync(join(beadsDir, "redirect"), "utf8").trim();
    return target === "" ? undefined : resolve(dirname(beadsDir), target);
  } catch {
    // No redirect here.
    return undefined;
  }
}

/** Whether this `.beads` is a ledger and not just a folder for formulas. */
export function holdsBeads(beadsDir: string): boolean {
  return ["beads.db", "config.yaml", "issues.jsonl"].some((name) => existsSync(join(beadsDir, name)));
}

/** The main checkout when `directory` is a linked git worktree. */
function mainCheckout(directory: string): string | undefined {
  const link = join(directory, ".git");
  if (!statSync(link, { throwIfNoEntry: false })?.isFile()) return undefined;
  const gitDir = /^gitdir: (.+)$/m.exec(readFileSync(link, "utf8"))?.[1];
  if (gitDir === undefined) return undefined;
  // <main>/.git/worktrees/<name>
  const common = dirname(dirname(resolve(directory, gitDir.trim())));
  return basename(common) === ".git" ? dirname(common) : undefined;
}
