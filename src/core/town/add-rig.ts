import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Clock, formatTime, systemClock } from "../clock.ts";
import { crashPoint } from "../crash-point.ts";
import { diskFullOf, isDiskFull } from "../disk-full.ts";
import { GitFailure, networkTimeoutMs, runGit } from "../git/git.ts";
import { redactUrl } from "../git/git-url.ts";
import { listRemote, remoteError } from "../git/ls-remote.ts";
import { cloneShared, excludePatterns, expectGit, ourPatterns } from "../git/repository.ts";
import { addWorktree } from "../git/worktree.ts";
import { GtError, usageError } from "../gt-error.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { withLock } from "../lock/lock.ts";
import { withRegistryLock } from "./change-registry.ts";
import { type GateCommands, guessGates } from "./guess-gates.ts";
import { importProjectBeads } from "./import-project-beads.ts";
import { readJsonFile, writeJsonFile } from "./json-file.ts";
import { describeCommands, readProjectSettings } from "./project-settings.ts";
import { afterRegistration, prefixOwners, registerRig } from "./register-rig.ts";
import { readRegistry } from "./registry.ts";
import { checkRigName } from "./rig-name.ts";
import { choosePrefix, givenPrefix } from "./rig-prefix.ts";
import { findRigSource, type RigSource } from "./rig-source.ts";
import type { Rig, Town } from "./town.ts";

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
  /** Shown the commands that the project itself suggests; true lets them run from now on. */
  readonly acceptProject?: (commands: readonly string[]) => Promise<boolean>;
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
  /** The project brings gate commands of its own, accepted or not: then none are guessed. */
  readonly hasProjectCommands: boolean;
  /** The prefix derived from the name was taken, so that another one was chosen. */
  readonly isPrefixChosen: boolean;
  /** Beads that the project brought along. */
  readonly imported: number;
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
    if (isRegistered(town, request.name))
      return withBeads(ledger, request, await finishAdding(town, request));
    await removeInterrupted(path);
    const isOurs = refuseFilledDirectory(path, request.name);
    try {
      return await withBeads(ledger, request, await makeRig(town, ledger, request, path));
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
  return {
    rig,
    gates: {},
    areGatesStored: false,
    hasProjectCommands: false,
    isPrefixChosen: false,
    imported: 0,
    notes,
    warnings,
  };
}

/** Outside of the registry lock: a project may bring many beads. */
async function withBeads(
  ledger: Ledger,
  { actor, clock = systemClock }: AddRigRequest,
  report: AddRigReport,
): Promise<AddRigReport> {
  const { imported, warnings } = await importProjectBeads(ledger, report.rig, { actor, clock });
  return { ...report, imported, warnings: [...report.warnings, ...warnings] };
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

  const suggested = await askAboutProject(town.root, request);
  const gates = suggested.hasCommands ? {} : guessGates(join(path, "mayor", "rig"));
  const areGatesStored =
    request.mergeQueue === undefined &&
    Object.keys(gates).length > 0 &&
    ((await request.acceptGates?.(gates)) ?? false);
  const mergeQueue = request.mergeQueue ?? (areGatesStored ? { ...gates } : {});
  signal?.throwIfAborted();

  return withRegistryLock(town, "rig add", async () => {
    const owners = await prefixOwners(town, ledger);
    const wanted = wantedPrefix(request, join(path, "mayor", "rig"));
    const prefix = wanted === undefined ? choosePrefix(name, owners) : givenPrefix(wanted, name, owners);
    const { rig, warnings } = await registerRig(town, ledger, {
      name,
      prefix,
      url: source.url,
      pushUrl: request.pushUrl,
      upstreamUrl: request.upstreamUrl,
      localRepo: source.borrowFrom,
      branch,
      mergeQueue,
      acceptedProject: suggested.accepted,
      actor: request.actor,
      clock,
      journal,
    });
    rmSync(join(path, journalName), { force: true });
    request.onStage?.(`ledger and registry, prefix ${prefix}`);
    return {
      rig,
      gates,
      areGatesStored,
      hasProjectCommands: suggested.hasCommands,
      isPrefixChosen: wanted === undefined && prefix !== choosePrefix(name, new Map()),
      imported: 0,
      notes: source.notes,
      warnings: [...checkoutWarning(source, branch), ...suggested.warnings, ...warnings],
    };
  });
}

interface Suggestion {
  readonly hasCommands: boolean;
  /** Hash of what was accepted. */
  readonly accepted: string | undefined;
  readonly warnings: readonly string[];
}

/** Cloning a repository must not run its commands unseen (spec/07 §4.5). */
async function askAboutProject(root: string, request: AddRigRequest): Promise<Suggestion> {
  const project = readProjectSettings(root, request.name);
  const commands = describeCommands(project?.commands ?? {});
  if (!project || commands.length === 0) return { hasCommands: false, accepted: undefined, warnings: [] };
  if (await request.acceptProject?.(commands))
    return { hasCommands: true, accepted: project.sha256, warnings: [] };
  return {
    hasCommands: true,
    accepted: undefined,
    warnings: [
      `the project's own gate commands are not in use; to accept them: gt rig settings trust ${request.name}`,
    ],
  };
}

/** The prefix that was asked for, or the one that the project's own beads have already (spec/07 §5.3). */
function wantedPrefix({ name, prefix }: AddRigRequest, checkout: string): string | undefined {
  const file = join(checkout, ".beads", "config.yaml");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const tracked = /^(?:issue-)?prefix:\s*["']?([a-z][a-z0-9-]*)["']?\s*$/m.exec(text)?.[1]?.replace(/-$/, "");
  if (prefix !== undefined && tracked !== undefined && prefix.replace(/-$/, "") !== tracked) {
    throw new GtError("E_EXISTS", `the project's own beads have the prefix "${tracked}", not "${prefix}"`, {
      why: [".beads/config.yaml on its default branch says so"],
      hint: `gt rig add ${name} <git-url or path> --prefix ${tracked}`,
    });
  }
  return prefix ?? tracked;
}

/** What every rig has beside its repository and worktrees. */
export const rigDirectories = [
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
  if (error instanceof Error && isDiskFull(error)) {
    const { message, hint } = diskFullOf(error);
    return new GtError("E_DISK", message, {
      why: [`everything that was made of rig ${request.name} has been removed`],
      ...(hint === undefined ? {} : { hint }),
      cause: error,
    });
  }
  if (!(error instanceof GitFailure)) return error;
  return remoteError(request.source, error.stderr);
}
