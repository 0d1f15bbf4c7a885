import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { keepMade, madePlace, workshop } from "./made-once.ts";
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
  cpSync(await initialised(name), path, { recursive: true });
  const bd: BdRepository["bd"] = (args, options = {}) =>
    runBd(args, { cwd: path, ...options, env: { BD_ACTOR: "sam", ...options.env } });
  const json = async <T>(...args: string[]): Promise<T> => {
    const result = await bd([...args, "--json"]);
    if (result.code !== 0)
      throw new Error(`bd ${args.join(" ")}: ${result.code}\n${result.stderr}${result.stdout}`);
    return result.json<T>();
  };
  return {
    path,
    bd,
    json,
    create: async (title, ...flags) => (await json<BeadJson>("create", title, ...flags)).id,
    ready: async () => (await json<readonly BeadJson[]>("ready")).map((bead) => bead.id).toSorted(),
  };
}

/** What repositories of this name are copied from: a new ledger, as `bd init` makes it. */
async function initialised(name: string): Promise<string> {
  const place = madePlace(`bd-${name}`);
  if (existsSync(place)) return place;
  const shop = workshop();
  const path = join(shop, name);
  mkdirSync(path);
  execFileSync("git", ["init", "-q", "--template=", path]);
  const { code, stderr } = await runBd(["init", "-q"], { cwd: path, env: { BD_ACTOR: "sam" } });
  if (code !== 0) throw new Error(stderr);
  mkdirSync(join(path, ".git/hooks"), { recursive: true });
  mkdirSync(join(path, ".git/info"), { recursive: true });
  keepMade(path, place, shop);
  return place;
}
