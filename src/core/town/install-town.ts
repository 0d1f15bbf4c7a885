import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type Clock, formatTime, systemClock } from "../clock.ts";
import { crashPoint } from "../crash-point.ts";
import { expectGit, repositoryAround } from "../git/repository.ts";
import { GtError, usageError } from "../gt-error.ts";
import type { Operation } from "../ledger/operation.ts";
import { openTownLedger } from "../ledger/town-ledger.ts";
import { acquireLock } from "../lock/lock.ts";
import { sanitiseLine } from "../sanitise.ts";
import { agentBeadId } from "./agent-names.ts";
import { isTown, outermostTown } from "./find-town.ts";
import { ignoredInBeads } from "./ignored-paths.ts";
import { readJsonFile } from "./json-file.ts";
import { rememberTown } from "./known-towns.ts";
import { rememberMachine } from "./machine-state.ts";
import { MadePaths } from "./made-paths.ts";
import { writeMarkedBlock } from "./marked-block.ts";
import { openTown } from "./open-town.ts";
import { detectOverseer, type Overseer, username } from "./overseer.ts";
import { townFile, townPaths } from "./paths.ts";
import {
  anchorLines,
  anchorMarks,
  beadsConfig,
  daemonDefaults,
  escalationDefaults,
  townDirectories,
} from "./town-template.ts";
import { putUnderGit, type TownGit } from "./town-git.ts";
import type { Town } from "./town.ts";

export interface InstallRequest {
  /** Absolute path of the directory that becomes the town. */
  readonly root: string;
  readonly name?: string;
  /** Email of the town's owner. */
  readonly owner?: string;
  readonly publicName?: string;
  /** The human, when git need not be asked. */
  readonly overseer?: { readonly name: string; readonly email: string };
  /** Put the town under git. */
  readonly git?: boolean;
  /** Go on in a non-empty directory or below a foreign repository, and rewrite generated files. */
  readonly force?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly clock?: Clock;
  /** Asked when the directory holds something already; refusing is the default. */
  readonly confirm?: (question: string) => Promise<boolean>;
  /** One line for each finished stage. */
  readonly onStage?: (stage: string) => void;
}

export interface InstallReport {
  readonly town: Town;
  /** False when it was a town before. */
  readonly isNew: boolean;
  /** Paths made by this run, relative to the town. */
  readonly made: readonly string[];
  readonly git: TownGit;
  readonly warnings: readonly string[];
}

/**
 * Makes a directory a town, or repairs the town that it is (spec/07 §5.1). Everything that exists stays as it is, and
 * `mayor/town.json` comes last, so that a half-made directory is not a town. On failure only what this run made is
 * removed; after a kill the next run goes on.
 */
export async function installTown(request: InstallRequest): Promise<InstallReport> {
  const env = request.env ?? process.env;
  const { root } = request;
  const isNew = !isTown(root);
  const facts = isNew ? await checkNew(request, env) : checkExisting(request);
  const made = new MadePaths(root);
  const lock = await lockInstall(root, made);
  try {
    const journal = join(root, `${journalName}${process.pid}`);
    try {
      writeJournal(journal);
      await makeTown(request, facts, made, env);
    } catch (error) {
      rmSync(journal, { force: true });
      if (isNew) made.undo();
      throw asInstallError(error, root);
    }
    const town = openTown(root, { env });
    const git = request.git ? await putUnderGit(town, made.paths) : { initialized: false, commit: undefined };
    const warnings = await rememberHere(town, env, request.clock ?? systemClock);
    removeJournals(root);
    return { town, isNew, made: made.paths, git, warnings };
  } finally {
    lock.release();
  }
}

interface TownFacts {
  readonly name: string;
  readonly owner: string;
  readonly publicName: string;
  /** Undefined for an existing town, whose overseer is known. */
  readonly overseer: Overseer | undefined;
}

const townName = /^[A-Za-z0-9 ._-]{1,64}$/;

async function checkNew(request: InstallRequest, env: NodeJS.ProcessEnv): Promise<TownFacts> {
  const { root } = request;
  const name = request.name ?? defaultName(root);
  if (!townName.test(name)) {
    throw usageError(`"${sanitiseLine(name)}" cannot be the name of a town`, {
      why: ["1 to 64 letters, digits, spaces, dots, hyphens and underscores"],
      hint: `gt install ${root} --name ${defaultName(root)}`,
    });
  }
  refuseSystemDirectory(root, env);
  const outer = outermostTown(dirname(root));
  if (outer !== undefined) {
    throw new GtError("E_EXISTS", `${root} is inside the town ${outer}`, {
      why: ["a town cannot contain another one"],
      hint: `cd ${outer}`,
    });
  }
  const nearest = nearestExisting(root);
  await expectGit(nearest);
  const around = await repositoryAround(dirname(root));
  if (around !== undefined && !request.force) {
    throw new GtError("E_REFUSED", `${root} would lie inside the git repository ${around}`, {
      why: ["the worktrees of the town's agents would nest in it"],
      hint: `gt install ~/gt  (or, if you mean it: gt install ${root} --force)`,
    });
  }
  await refuseFilled(request);
  const overseer = request.overseer
    ? { ...request.overseer, username: username(env), source: "given" as const }
    : await detectOverseer(nearest, env);
  if (overseer === undefined) {
    throw new GtError("E_PREREQ", "git does not know who you are", {
      why: ["user.name and user.email are not set; agents commit in your name"],
      hint: 'git config --global user.name "Your Name" && git config --global user.email you@example.com',
    });
  }
  return {
    name,
    owner: request.owner ?? overseer.email,
    publicName: request.publicName ?? name,
    overseer,
  };
}

function checkExisting(request: InstallRequest): TownFacts {
  const file = townFile(request.root);
  const content = readJsonFile(file) ?? {};
  const word = (key: string) => (typeof content[key] === "string" ? content[key] : "");
  const facts = {
    name: word("name") || basename(request.root),
    owner: word("owner"),
    publicName: word("public_name") || word("name"),
  };
  const wanted = { name: request.name, owner: request.owner, publicName: request.publicName };
  for (const key of ["name", "owner", "publicName"] as const) {
    if (wanted[key] !== undefined && wanted[key] !== facts[key]) {
      throw new GtError("E_EXISTS", `town "${facts.name}" is already set up with ${key} "${facts[key]}"`, {
        hint: `$EDITOR ${file}`,
      });
    }
  }
  return { ...facts, overseer: undefined };
}

async function makeTown(
  request: InstallRequest,
  facts: TownFacts,
  made: MadePaths,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { root } = request;
  const clock = request.clock ?? systemClock;
  const stage = (name: string, told: string) => {
    crashPoint(`install.${name}`);
    request.onStage?.(told);
  };
  for (const { path, mode } of townDirectories) made.directory(path, mode);
  stage("directories", "directories");

  await made.file(".beads/config.yaml", beadsConfig());
  await made.file(".beads/.gitignore", `${ignoredInBeads.join("\n")}\n`);
  if (env["GT_LEDGER_DIR"]) await made.file(".beads/ledger-dir", `${env["GT_LEDGER_DIR"]}\n`);
  await makeLedger(root, facts.name, made, env, clock);
  stage("ledger", "ledger with the prefix hq");

  if (facts.overseer)
    await made.file("mayor/overseer.json", { type: "overseer", version: 1, ...facts.overseer });
  await made.file("mayor/daemon.json", daemonDefaults);
  await made.file("settings/config.json", { type: "town-settings", version: 1 });
  await made.file("settings/escalation.json", escalationDefaults, 0o600);
  if (!made.exists("CLAUDE.md")) made.note("CLAUDE.md");
  await writeMarkedBlock(join(root, "CLAUDE.md"), anchorMarks, anchorLines);
  made.link("AGENTS.md", "CLAUDE.md");
  stage("settings", "settings, and you as the overseer");

  await made.file("mayor/town.json", {
    type: "town",
    version: 2,
    name: facts.name,
    owner: facts.owner,
    public_name: facts.publicName,
    created_at: formatTime(clock.now()),
  });
  stage("town", `town "${facts.name}"`);
}

/** Identities of the town's singletons; repeating it changes nothing. */
async function makeLedger(
  root: string,
  name: string,
  made: MadePaths,
  env: NodeJS.ProcessEnv,
  clock: Clock,
): Promise<void> {
  const paths = townPaths(root, env);
  const before = new Set(readdirSync(paths.beads));
  const singletons = (["mayor", "deacon", "boot"] as const).map(
    (role): Operation => ({
      op: "ensureAgent",
      agent: {
        id: agentBeadId({ role, rig: "", name: "" }),
        address: role === "boot" ? "deacon/boot" : `${role}/`,
        role,
        name: role,
        state: "stopped",
      },
    }),
  );
  // The town is not one yet, so that it cannot be opened; its ledger can.
  try {
    const ledger = await openTownLedger({ ...townInTheMaking(root, name), paths }, { clock });
    try {
      await ledger.write("overseer", singletons);
    } finally {
      await ledger.close();
    }
  } finally {
    for (const entry of readdirSync(paths.beads)) if (!before.has(entry)) made.note(join(".beads", entry));
  }
}

function townInTheMaking(root: string, name: string): Town {
  if (isTown(root)) return openTown(root);
  const none = () => {
    throw new Error("the town is not made yet");
  };
  return {
    root,
    name,
    paths: townPaths(root),
    rigs: () => [],
    findRig: () => undefined,
    rig: none,
    rigOfBead: () => undefined,
    settings: none,
    rigSettings: none,
    overseer: none,
  };
}

/** What this machine remembers of its towns is a courtesy: the town is there without it. */
async function rememberHere(town: Town, env: NodeJS.ProcessEnv, clock: Clock): Promise<readonly string[]> {
  const now = formatTime(clock.now());
  try {
    await rememberMachine(env, now);
    await rememberTown(town, env, now);
    return [];
  } catch (error) {
    return [`this machine cannot remember the town: ${(error as Error).message}`];
  }
}

function defaultName(root: string): string {
  return (
    basename(root)
      .replace(/[^A-Za-z0-9 ._-]+/g, "-")
      .slice(0, 64) || "town"
  );
}

const systemDirectories = new Set([
  "/",
  ..."bin boot dev etc home lib lib32 lib64 media mnt opt proc root run sbin srv sys tmp usr var"
    .split(" ")
    .map((name) => `/${name}`),
  ..."Applications Library System Users Volumes private".split(" ").map((name) => `/${name}`),
]);

function refuseSystemDirectory(root: string, env: NodeJS.ProcessEnv): void {
  const home = env["HOME"] || homedir();
  if (root !== home && !systemDirectories.has(root)) return;
  throw new GtError("E_REFUSED", `${root} cannot become a town`, {
    why: ["it belongs to the system or to all your other work"],
    hint: "gt install ~/gt",
  });
}

async function refuseFilled(request: InstallRequest): Promise<void> {
  const { root, force, confirm } = request;
  const found = statSync(root, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isDirectory())
    throw new GtError("E_EXISTS", `${root} is a file`, { hint: "gt install <another path>" });
  const entries = readdirSync(root).filter((entry) => entry !== ".git" && !isOurs(root, entry));
  if (entries.length === 0 || force || hasJournal(root)) return;
  const some = entries.slice(0, 5).map(sanitiseLine).join(", ") + (entries.length > 5 ? ", ..." : "");
  if (await confirm?.(`${root} is not empty (${some}); make it a town?`)) return;
  throw new GtError("E_REFUSED", `${root} is not empty`, {
    why: [some, "existing files are never overwritten"],
    hint: `gt install ${root} --force`,
  });
}

/** `.runtime` with nothing but our lock in it is what an install leaves that found the lock held. */
function isOurs(root: string, entry: string): boolean {
  return entry === ".runtime" && readdirSync(join(root, entry)).every((name) => name === "locks");
}

function nearestExisting(path: string): string {
  let at = path;
  while (!statSync(at, { throwIfNoEntry: false })?.isDirectory()) at = dirname(at);
  return at;
}

async function lockInstall(root: string, made: MadePaths) {
  const { locks } = townPaths(root);
  try {
    made.directory(".", 0o755);
    made.directory(".runtime", 0o700);
    made.directory(".runtime/locks", 0o700);
    // The name of the holder comes and goes with the lock: only that of the first install is part of what is made.
    const lock = ".runtime/locks/install.lock";
    if (!made.exists(lock)) for (const path of [lock, `${lock}.holder`]) made.note(path);
    return await acquireLock(locks, "install", { waitMs: 10_000, kind: "install", subject: root });
  } catch (error) {
    if (!(error instanceof GtError)) made.undo();
    throw asInstallError(error, root);
  }
}

const journalName = ".gt-install-";

/** Says that this directory is being made a town, so that the next run goes on after a kill without asking. */
function writeJournal(file: string): void {
  writeFileSync(file, "a town is being made here; gt install goes on with it\n");
}

function hasJournal(root: string): boolean {
  return readdirSync(root).some((entry) => entry.startsWith(journalName));
}

function removeJournals(root: string): void {
  for (const entry of readdirSync(root))
    if (entry.startsWith(journalName)) rmSync(join(root, entry), { force: true });
}

function asInstallError(error: unknown, root: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof GtError || code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  return new GtError("E_FAILED", `cannot make a town at ${root}: ${(error as Error).message}`, {
    hint: "gt install <a directory of yours>",
    cause: error,
  });
}
