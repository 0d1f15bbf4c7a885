import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type CliOptions, type CliResult, runBd } from "./run-cli.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** A bead as `bd --json` prints it, as far as tests read it. */
export interface BeadJson {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly [key: string]: unknown;
}

/** A git repository of its own with a ledger of prefix `demo`. */
export interface BdRepository {
  readonly path: string;
  /** Runs `bd` in the repository. */
  bd(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Runs `bd` with `--json`, expects success and gives back the document. */
  json<T = BeadJson>(...args: string[]): Promise<T>;
  /** Creates a bead and gives back its id. */
  create(title: string, ...flags: string[]): Promise<string>;
  /** Ids that `bd ready` lists. */
  ready(): Promise<readonly string[]>;
}

export async function bdRepository(name = "demo"): Promise<BdRepository> {
  const path = join(temporaryDirectory(), name);
  mkdirSync(path);
  execFileSync("git", ["init", "-q", path]);
  const bd: BdRepository["bd"] = (args, options = {}) =>
    runBd(args, { cwd: path, ...options, env: { BD_ACTOR: "sam", ...options.env } });
  const json = async <T>(...args: string[]): Promise<T> => {
    const result = await bd([...args, "--json"]);
    if (result.code !== 0)
      throw new Error(`bd ${args.join(" ")}: ${result.code}\n${result.stderr}${result.stdout}`);
    return result.json<T>();
  };
  const initialised = await bd(["init", "-q"]);
  if (initialised.code !== 0) throw new Error(initialised.stderr);
  return {
    path,
    bd,
    json,
    create: async (title, ...flags) => (await json<BeadJson>("create", title, ...flags)).id,
    ready: async () => (await json<readonly BeadJson[]>("ready")).map((bead) => bead.id).toSorted(),
  };
}
