import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../clock.ts";
import { networkTimeoutMs } from "../git/git.ts";
import { parseGitSource, storableUrl } from "../git/git-url.ts";
import { listRemote } from "../git/ls-remote.ts";
import { cloneShared, excludePatterns, inspectRepository, ourPatterns } from "../git/repository.ts";
import { addWorktree, isValidWorktree } from "../git/worktree.ts";
import { GtError } from "../gt-error.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { withLock } from "../lock/lock.ts";
import { type AddRigReport, rigDirectories } from "./add-rig.ts";
import { withRegistryLock } from "./change-registry.ts";
import { importProjectBeads } from "./import-project-beads.ts";
import { isObject, type JsonObject, readJsonFile } from "./json-file.ts";
import { rigFile } from "./paths.ts";
import { prefixOwners, registerRig } from "./register-rig.ts";
import { readRegistry } from "./registry.ts";
import { checkRigName } from "./rig-name.ts";
import { choosePrefix, givenPrefix } from "./rig-prefix.ts";
import type { Town } from "./town.ts";

export interface AdoptRigRequest {
  readonly name: string;
  readonly url?: string;
  readonly prefix?: string;
  readonly branch?: string;
  /** Go on although the project cannot be reached. */
  readonly force: boolean;
  readonly actor: string;
  readonly clock?: Clock;
}

/**
 * Registers a directory that is already there: made by hand, from a backup, or removed from the registry before
 * (spec/07 §5.3 `--adopt`). Makes what is missing and keeps everything else.
 */
export async function adoptRig(town: Town, ledger: Ledger, request: AdoptRigRequest): Promise<AddRigReport> {
  const { name } = request;
  const others = readRegistry(town.root).filter((rig) => rig.name !== name);
  checkRigName(name, others);
  const path = join(town.root, name);
  if (!existsSync(path)) {
    throw new GtError("E_NOT_FOUND", `there is no directory ${path}`, {
      hint: `gt rig add ${name} <git-url or path>`,
    });
  }
  const lock = { kind: "rig add", subject: `rig ${name}` };
  return withLock(town.paths.locks, `rig-add-${name}`, lock, async () => {
    const known = readJsonFile(rigFile(town.root, name)) ?? {};
    const url = await findUrl(path, known, request);
    const branch = await findBranch(town.root, url, known, request);
    const repository = join(path, ".repo.git");
    if (!existsSync(repository))
      await cloneShared({ url, into: repository, branch, timeoutMs: networkTimeoutMs });
    excludePatterns(repository, ourPatterns);
    for (const worktree of [join(path, "mayor", "rig"), join(path, "refinery", "rig")])
      if (!(await isValidWorktree(worktree)))
        await addWorktree(repository, worktree, { start: `origin/${branch}` });
    for (const directory of rigDirectories) mkdirSync(join(path, directory), { recursive: true });
    const report = await withRegistryLock(town, "rig add", async (): Promise<AddRigReport> => {
      const owners = await prefixOwners(town, ledger);
      const stored = isObject(known["beads"]) ? known["beads"]["prefix"] : undefined;
      const wanted = request.prefix ?? (typeof stored === "string" ? stored : undefined);
      const prefix = wanted === undefined ? choosePrefix(name, owners) : givenPrefix(wanted, name, owners);
      const { rig, warnings } = await registerRig(town, ledger, {
        name,
        prefix,
        url: storableUrl(url),
        pushUrl: wordOf(known["push_url"]),
        upstreamUrl: wordOf(known["upstream_url"]),
        localRepo: wordOf(known["local_repo"]),
        branch,
        mergeQueue: {},
        acceptedProject: undefined,
        actor: request.actor,
        clock: request.clock ?? systemClock,
        journal: async () => undefined,
      });
      return {
        rig,
        gates: {},
        areGatesStored: false,
        hasProjectCommands: false,
        isPrefixChosen: false,
        imported: 0,
        notes: [],
        warnings,
      };
    });
    const { actor, clock = systemClock } = request;
    const { imported, warnings } = await importProjectBeads(ledger, report.rig, { actor, clock });
    return { ...report, imported, warnings: [...report.warnings, ...warnings] };
  });
}

async function findUrl(path: string, known: JsonObject, { name, url }: AdoptRigRequest): Promise<string> {
  if (url !== undefined) {
    const source = parseGitSource(url, { cwd: path });
    return source.kind === "url" ? source.url : `file://${source.path}`;
  }
  const stored = wordOf(known["git_url"]);
  if (stored !== undefined) return stored;
  for (const place of [".repo.git", "mayor/rig", "refinery/rig", "."]) {
    const origin = (await inspectRepository(join(path, place)))?.origin;
    if (origin !== undefined) return origin;
  }
  throw new GtError("E_NOT_FOUND", `nothing in ${path} says where the project comes from`, {
    hint: `gt rig add ${name} --adopt --url <git-url>`,
  });
}

/** The default branch by the project itself; by what was known before when it cannot be reached and `--force` is given. */
async function findBranch(
  root: string,
  url: string,
  known: JsonObject,
  request: AdoptRigRequest,
): Promise<string> {
  const stored = request.branch ?? wordOf(known["default_branch"]);
  try {
    const remote = await listRemote(root, url, { timeoutMs: 60_000 });
    return stored ?? remote.defaultBranch ?? "main";
  } catch (error) {
    if (request.force && stored !== undefined) return stored;
    throw error;
  }
}

function wordOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
