import { realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { GtError } from "../gt-error.ts";
import { townFile } from "./paths.ts";

export interface TownSearch {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Value of `--town`. */
  readonly flag?: string | undefined;
}

/** Root of the town meant (spec/07 §2.1); undefined when there is none. `E_NO_TOWN` when `--town` names none. */
export function findTownRoot(search: TownSearch): string | undefined {
  if (search.flag !== undefined) {
    const root = resolve(search.cwd, expandHome(search.flag, search.env));
    if (isTown(root)) return root;
    throw new GtError("E_NO_TOWN", `no town at ${root}`, {
      why: ["there is no mayor/town.json"],
      hint: `gt install ${root}`,
    });
  }
  return (
    outermostTown(logicalDirectory(search)) ??
    outermostTown(physicalDirectory(search.cwd)) ??
    [search.env["GT_TOWN_ROOT"], search.env["GT_ROOT"]].find(
      (root): root is string => root !== undefined && root !== "" && isTown(root),
    )
  );
}

/** A repository inside a rig may contain a town of its own: the outermost one has the say. */
export function outermostTown(from: string | undefined): string | undefined {
  let found: string | undefined;
  for (let at = from; at !== undefined; at = dirname(at) === at ? undefined : dirname(at)) {
    if (isTown(at)) found = at;
  }
  return found;
}

export function isTown(root: string): boolean {
  try {
    return statSync(townFile(root)).isFile();
  } catch {
    return false;
  }
}

/** `PWD` keeps the names of symbolic links by which the person came, if it still means the same directory. */
function logicalDirectory({ cwd, env }: TownSearch): string {
  const logical = env["PWD"];
  if (logical === undefined || logical === "" || logical === cwd) return cwd;
  return physicalDirectory(logical) === physicalDirectory(cwd) ? logical : cwd;
}

function physicalDirectory(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** `~` and `~/...` as a shell would read them. */
export function expandHome(path: string, env: NodeJS.ProcessEnv): string {
  if (path !== "~" && !path.startsWith("~/")) return path;
  return join(env["HOME"] || homedir(), path.slice(1));
}

/** The other way round, for people. */
export function shortenHome(path: string, env: NodeJS.ProcessEnv): string {
  const home = env["HOME"] || homedir();
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
