import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Clock, formatTime, systemClock } from "../clock.ts";
import { crashPoint } from "../crash-point.ts";
import { recordEvents } from "../events/event-log.ts";
import { GitFailure, networkTimeoutMs, runGit } from "../git/git.ts";
import { redactUrl, storableUrl } from "../git/git-url.ts";
import { listRemote, remoteError } from "../git/ls-remote.ts";
import { cloneShared, excludePatterns, expectGit, ourPatterns } from "../git/repository.ts";
import { addWorktree } from "../git/worktree.ts";
import { GtError, usageError } from "../gt-error.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";
import { withLock } from "../lock/lock.ts";
import { agentBeadId } from "./agent-names.ts";
import { withRegistryLock, writeRegistryEntry } from "./change-registry.ts";
import { type GateCommands, guessGates } from "./guess-gates.ts";
import { isObject, readJsonFile, writeJsonFile } from "./json-file.ts";
import { daemonFile, rigFile, rigSettingsFile } from "./paths.ts";
import { readRegistry } from "./registry.ts";
import { checkRigName } from "./rig-name.ts";
import { choosePrefix, givenPrefix, type PrefixOwners } from "./rig-prefix.ts";
import { findRigSource, type RigSource } from "./rig-source.ts";
import type { Rig, Town } from "./town.ts";
import { commitToTown } from "./town-commit.ts";
import { beadsConfig } from "./town-template.ts";
import { writeFileAtomic } from "./write-file.ts";

export interface AddRigRequest {
  readonly name: string;
  /** git URL or local path. */
  readonly source: string;
  readonly cwd: string;
  readonly prefix?: string;
  readonly branch?: string;
  readonly localRepo?: string;
  readonly pushUrl?: string;
  readonly upstreamUrl?: string;
  readonly filter?: string;
  /** More settings of the rig's `merge_queue`, e.g. gate commands that need not be guessed. */
  readonly mergeQueue?: Readonly<Record<string, unknown>>;
  /** Shown the guessed gates; true stores them. Not asked when `mergeQueue` is given. */
  readonly acceptGates?: (gates: GateCommands) => Promise<boolean>;
  readonly actor: string;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  readonly onStage?: (stage: string) => void;
  readonly onProgress?: (stage: string, percent: number) => void;
}

export interface AddRigReport {
  readonly rig: Rig;
  readonly gates: GateCommands;
  /** The guessed gates are in the settings. */
  readonly areGatesStored: boolean;
  /** The prefix derived from the name was taken, so that another one was chosen. */
  readonly isPrefixChosen: boolean;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** What an interrupted run leaves in the rig's directory (spec/07 §5.3). */
const journalName = ".gt-rig-add.json";

/**
 * Adds a project to the town (spec/07 §5.3): shared bare repository, reference and refinery worktrees, files, ledger
 * rows, and the registry entry last. A failing run removes what it made; after a kill the next one starts over.
 */
export async function addRig(town: Town, ledger: Ledger, request: AddRigRequest): Promise<AddRigReport> {
  checkName(town, request.name);
  checkOptions(request);
  if (request.prefix !== undefined)
    givenPrefix(request.prefix, request.name, await prefixOwners(town, ledger));
  const kind = { kind: "rig add", subject: `rig ${request.name}` };
  return withLock(town.paths.locks, `rig-add-${request.name}`, kind, async () => {
    checkName(town, request.name);
    const path = join(town.root, request.name);
    if (isRegistered(town, request.name)) return finishAdding(town, request);
    await removeInterrupted(path);
    const isOurs = refuseFilledDirectory(path, request.name);
    try {
      return await makeRig(town, ledger, request, path);
    } catch (error) {
      if (!isRegistered(town, request.name)) removeMade(path, isOurs);
      throw asAddError(error, request);
    }
  });
}

/** The name must be free, or be the one whose registration was killed a moment too late. */
function checkName(town: Town, name: string): void {
  const others = readRegistry(town.root).filter(
    (rig) => rig.name !== name || !existsSync(join(rig.path, journalName)),
  );
  checkRigName(name, others);
}

/** The registry entry was the last thing that mattered: what a killed run had left to do behind it. */
async function finishAdding(town: Town, request: AddRigRequest): Promise<AddRigReport> {
  const rig = town.rig(request.name);
  rmSync(join(rig.path, journalName), { force: true });
  const warnings = await afterRegistration(town, rig, request.actor, request.clock ?? systemClock);
  const notes = ["the rig was registered by a run that was interrupted; nothing else was missing"];
  return { rig, gates: {}, areGatesStored: false, isPrefixChosen: false, notes, warnings };
}

/** Takes away what a killed `rig add` left. True when there was something. */
export async function removeInterrupted(path: string): Promise<boolean> {
  if (!existsSync(join(path, journalName))) return false;
  const journal = readJsonFile(join(path, journalName));
  removeMade(path, journal?.["directory_made"] !== false);
  return true;
}

async function makeRig(
  town: Town,
  ledger: Ledger,
  request: AddRigRequest,
  path: string,
): Promise<AddRigReport> {
  const { name, signal } = request;
  const clock = request.clock ?? systemClock;
  const directoryMade = !existsSync(path);
  await expectGit(town.root);
  const source = await findRigSource(request.source, { cwd: request.cwd, localRepo: request.localRepo });
  const branch = await findBranch(town.root, source, request);
  request.onStage?.(`default branch ${branch}`);

  mkdirSync(path, { recursive: true });
  const journal = async (step: string) => {
    await writeJsonFile(join(path, journalName), {
      step,
      name,
      url: source.url,
      pid: process.pid,
      directory_made: directoryMade,
      started_at: formatTime(clock.now()),
    });
    crashPoint(`rig-add.${step}`);
  };
  await journal("clone");
  const repository = join(path, ".repo.git");
  await cloneShared({
    url: source.cloneUrl,
    into: repository,
    branch,
    timeoutMs: networkTimeoutMs,
    ...(source.borrowFrom ? { borrowFrom: source.borrowFrom } : {}),
    ...(request.filter ? { filter: request.filter } : {}),
    ...(request.pushUrl ? { pushUrl: request.pushUrl } : {}),
    ...(request.upstreamUrl ? { upstreamUrl: request.upstreamUrl } : {}),
    ...(request.onProgress ? { onProgress: request.onProgress } : {}),
    ...(signal ? { signal } : {}),
  });
  if (source.url !== source.cloneUrl)
    await runGit(repository, ["config", "--replace-all", "remote.origin.url", source.url]);
  request.onStage?.(`cloned ${redactUrl(source.url)}`);

  await journal("worktrees");
  excludePatterns(repository, ourPatterns);
  // Both stand detached: no worktree of ours ever has a target branch checked out (spec/05 §2.8).
  await addWorktree(repository, join(path, "mayor", "rig"), { start: `origin/${branch}` });
  await addWorktree(repository, join(path, "refinery", "rig"), { start: `origin/${branch}` });
  for (const directory of rigDirectories) mkdirSync(join(path, directory), { recursive: true });
  request.onStage?.("worktrees of mayor and refinery");

  const gates = guessGates(join(path, "mayor", "rig"));
  const areGatesStored =
    request.mergeQueue === undefined &&
    Object.keys(gates).length > 0 &&
    ((await request.acceptGates?.(gates)) ?? false);
  const mergeQueue = request.mergeQueue ?? (areGatesStored ? { ...gates } : {});
  signal?.throwIfAborted();

  return withRegistryLock(town, "rig add", async () => {
    const owners = await prefixOwners(town, ledger);
    const prefix =
      request.prefix === undefined ? choosePrefix(name, owners) : givenPrefix(request.prefix, name, owners);
    await journal("files");
    await writeRigFiles(town.root, { name, source, branch, prefix, mergeQueue, request, now: clock.now() });
    await journal("ledger");
    const undo = await registerInLedger(ledger, { name, prefix, url: source.url, actor: request.actor });
    try {
      await journal("registry");
      await writeRegistryEntry(town.root, name, {
        git_url: source.url,
        ...(request.pushUrl ? { push_url: storableUrl(request.pushUrl) } : {}),
        ...(request.upstreamUrl ? { upstream_url: storableUrl(request.upstreamUrl) } : {}),
        ...(source.borrowFrom ? { local_repo: source.borrowFrom } : {}),
        added_at: formatTime(clock.now()),
        beads: { repo: "local", prefix },
      });
    } catch (error) {
      await ledger.write(request.actor, undo);
      throw error;
    }
    crashPoint("rig-add.registered");
    rmSync(join(path, journalName), { force: true });
    const rig = town.rig(name);
    const warnings = await afterRegistration(town, rig, request.actor, clock);
    request.onStage?.(`ledger and registry, prefix ${prefix}`);
    return {
      rig,
      gates,
      areGatesStored,
      isPrefixChosen: request.prefix === undefined && prefix !== choosePrefix(name, new Map()),
      notes: source.notes,
      warnings: [...checkoutWarning(source, branch), ...warnings],
    };
  });
}

const rigDirectories = [
  "crew",
  "polecats",
  "witness",
  "settings",
  "plugins",
  "directives",
  "formula-overlays",
  ".beads",
  ".runtime",
];

function checkOptions({ filter }: AddRigRequest): void {
  if (filter !== undefined && !/^(blob:none|tree:0)$/.test(filter))
    throw usageError(`--filter takes blob:none or tree:0, not "${filter}"`);
}

async function findBranch(root: string, source: RigSource, request: AddRigRequest): Promise<string> {
  const remote = await listRemote(root, source.cloneUrl, { timeoutMs: 60_000 });
  const names = [...remote.branches.keys()];
  const shown = redactUrl(source.url);
  if (names.length === 0) {
    throw new GtError("E_DATA", `${shown} has no commits`, {
      why: ["make the first one:", "git add --all", 'git commit -m "First commit"', "git push origin HEAD"],
      hint: `gt rig add ${request.name} ${request.source}`,
    });
  }
  const wanted =
    request.branch ??
    remote.defaultBranch ??
    names.find((name) => name === "main" || name === "master") ??
    (names.length === 1 ? names[0] : undefined);
  if (wanted !== undefined && remote.branches.has(wanted)) return wanted;
  const list = names.slice(0, 10).join(", ") + (names.length > 10 ? ", ..." : "");
  throw new GtError(
    "E_NOT_FOUND",
    wanted === undefined ? `${shown} names no default branch` : `${shown} has no branch "${wanted}"`,
    {
      why: [`branches: ${list}`],
      hint: `gt rig add ${request.name} ${request.source} --branch ${names[0]}`,
    },
  );
}

async function prefixOwners(town: Town, ledger: Ledger): Promise<PrefixOwners> {
  const owners = new Map(town.rigs().map((rig) => [rig.prefix, rig.name]));
  for (const { prefix, scope } of await ledger.prefixes()) owners.set(prefix, scope);
  return owners;
}

interface RigFiles {
  readonly name: string;
  readonly source: RigSource;
  readonly branch: string;
  readonly prefix: string;
  readonly mergeQueue: Readonly<Record<string, unknown>>;
  readonly request: AddRigRequest;
  readonly now: number;
}

async function writeRigFiles(root: string, files: RigFiles): Promise<void> {
  const { name, source, branch, prefix, mergeQueue, request, now } = files;
  await writeJsonFile(rigFile(root, name), {
    type: "rig",
    version: 1,
    name,
    git_url: source.url,
    ...(request.pushUrl ? { push_url: storableUrl(request.pushUrl) } : {}),
    ...(request.upstreamUrl ? { upstream_url: storableUrl(request.upstreamUrl) } : {}),
    ...(source.borrowFrom ? { local_repo: source.borrowFrom } : {}),
    default_branch: branch,
    created_at: formatTime(now),
    beads: { prefix },
  });
  await writeJsonFile(rigSettingsFile(root, name), {
    type: "rig-settings",
    version: 1,
    ...(Object.keys(mergeQueue).length > 0 ? { merge_queue: mergeQueue } : {}),
  });
  await writeFileAtomic(join(root, name, ".beads", "config.yaml"), beadsConfig(prefix));
}

/** Prefix, the rig's bead and its two permanent agents. Returns what takes the beads back. */
async function registerInLedger(
  ledger: Ledger,
  { name, prefix, url, actor }: { name: string; prefix: string; url: string; actor: string },
): Promise<readonly Operation[]> {
  const rig = { name, prefix };
  const rigBead = `${prefix}-rig-${name}`;
  const agents = (["witness", "refinery"] as const).map((role) => ({
    id: agentBeadId({ role, rig: name, name: "" }, rig),
    address: `${name}/${role}`,
    role,
    rig: name,
    name: role,
    state: "stopped" as const,
  }));
  // Apart from the rest, whose ids the ledger only takes under a prefix that it knows.
  await ledger.write(actor, [{ op: "registerPrefix", prefix, scope: name, path: name }]);
  const known = await ledger.get(rigBead);
  const facts = { metadata: { rig: { repo: url, prefix, state: "operational" } } };
  await ledger.write(actor, [
    known === undefined
      ? {
          op: "create",
          bead: { id: rigBead, scope: name, title: name, type: "rig", noHistory: true, ...facts },
        }
      : { op: "update", id: rigBead, fields: facts },
    ...agents.map((agent): Operation => ({ op: "ensureAgent", agent })),
  ]);
  if (known !== undefined) return [];
  return [rigBead, ...agents.map((agent) => agent.id)].map(
    (id): Operation => ({ op: "delete", id, reason: `adding the rig ${name} failed` }),
  );
}

/** The rig is there; what is left to do can fail without harm and only warns. */
async function afterRegistration(
  town: Town,
  rig: Rig,
  actor: string,
  clock: Clock,
): Promise<readonly string[]> {
  recordEvents(town.paths.events, [
    {
      ts: new Date(clock.now()).toISOString(),
      source: "gt",
      type: "rig_added",
      actor,
      payload: { rig: rig.name, prefix: rig.prefix, url: redactUrl(rig.gitUrl) },
      visibility: "feed",
      id: `rig_added:${rig.name}:${rig.addedAt}`,
    },
  ]);
  try {
    await addToPatrolLists(town.root, rig.name);
    await commitToTown(town.root, town.overseer(), `chore: add rig ${rig.name}`, [
      "mayor/rigs.json",
      "mayor/daemon.json",
      `${rig.name}/config.json`,
      `${rig.name}/settings/config.json`,
      `${rig.name}/.beads/config.yaml`,
    ]);
    return [];
  } catch (error) {
    return [`the town repository was not updated: ${(error as Error).message}`];
  }
}

/** A patrol that is limited to a list of rigs gets the new one too; an empty list means all. */
async function addToPatrolLists(root: string, name: string): Promise<void> {
  const file = daemonFile(root);
  const content = readJsonFile(file);
  if (!content || !isObject(content["patrols"])) return;
  let isChanged = false;
  const patrols = Object.fromEntries(
    Object.entries(content["patrols"]).map(([duty, patrol]) => {
      const rigs = isObject(patrol) ? patrol["rigs"] : undefined;
      if (!isObject(patrol) || !Array.isArray(rigs) || rigs.length === 0 || rigs.includes(name))
        return [duty, patrol];
      isChanged = true;
      return [duty, { ...patrol, rigs: [...rigs, name] }];
    }),
  );
  if (isChanged) await writeJsonFile(file, { ...content, patrols });
}

/** True when the directory does not exist yet, so that a failing run may remove it as a whole. */
function refuseFilledDirectory(path: string, name: string): boolean {
  if (!existsSync(path)) return true;
  if (readdirSync(path).length === 0) return false;
  throw new GtError("E_EXISTS", `${path} already exists and is no rig`, {
    hint: `gt rig add ${name} --adopt`,
  });
}

function isRegistered(town: Town, name: string): boolean {
  return readRegistry(town.root).some((rig) => rig.name === name);
}

/** Worktrees and repository lie inside the directory, so that no git outside of it remembers them. */
function removeMade(path: string, withDirectory: boolean): void {
  if (withDirectory) {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    return;
  }
  for (const entry of existsSync(path) ? readdirSync(path) : [])
    rmSync(join(path, entry), { recursive: true, force: true, maxRetries: 3 });
}

function checkoutWarning({ checkout }: RigSource, branch: string): readonly string[] {
  if (checkout?.branch !== branch) return [];
  return [
    `${checkout.path} is a working copy with "${branch}" checked out: landed work moves it forward (updateInstead) while it has no changes, and waits while it has`,
  ];
}

function asAddError(error: unknown, request: AddRigRequest): unknown {
  if (request.signal?.aborted)
    return new GtError("E_INTERRUPTED", `adding the rig ${request.name} was interrupted`, {
      why: ["everything that was made has been removed"],
      exitCode: 130,
      cause: error,
    });
  return error instanceof GitFailure ? remoteError(request.source, error.stderr) : error;
}
