import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { isDiskFull } from "../../core/disk-full.ts";
import { GitFailure, networkTimeoutMs, runGit } from "../../core/git/git.ts";
import { redactUrl } from "../../core/git/git-url.ts";
import { takeSnapshot } from "../../core/git/hook-snapshots.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { shellWord } from "../../core/shell-word.ts";
import { formatAddress } from "../../core/town/address.ts";
import { agentBeadId } from "../../core/town/agent-names.ts";
import type { Rig, Town } from "../../core/town/town.ts";
import { readRecord } from "../sessions/session-records.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import { sessionOfAddress, startAgentSession, stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { liveSession } from "./agent-session.ts";
import { saveCheckpoint } from "./checkpoint.ts";
import { withAgentLock } from "./agent-lock.ts";
import { syncRemotes } from "./crew-clone.ts";
import { snapshotSubject } from "./polecat-worktree.ts";
import { setUpSandbox } from "./sandbox-setup.ts";
import { startHookSession } from "./start-hook-session.ts";
import { resumeOperations } from "./suspension.ts";

/** `E_CREW_NAME` with a name that would do (spec/04 §4). */
export function expectCrewName(name: string): void {
  if (/^[A-Za-z0-9_]+$/.test(name)) return;
  const proposal = name.replace(/[^A-Za-z0-9_]+/g, "_").replace(/^_+|_+$/g, "") || "sam";
  throw new GtError("E_CREW_NAME", `"${name}" cannot be a crew member's name`, {
    why: ["letters, digits and underscores"],
    hint: `gt crew add ${proposal}`,
  });
}

export const crewAddress = (rig: Rig, name: string): string =>
  formatAddress({ role: "crew", rig: rig.name, name });

/** The rig that is meant: the one named, else the only one with a member of that name (spec/04 §4). */
export function rigOfMember(town: Town, name: string, rig: string | undefined): Rig {
  if (rig !== undefined) return town.rig(rig);
  const having = rigsWith(town, name);
  const [only, second] = having;
  if (only !== undefined && second === undefined) return only;
  const [single, another] = town.rigs();
  if (only === undefined && single !== undefined && another === undefined) return single;
  if (second !== undefined)
    throw new GtError("E_AMBIGUOUS", `${name} is crew of ${having.map((each) => each.name).join(" and ")}`, {
      why: [`write ${having.map((each) => `${each.name}/${name}`).join(" or ")}, or use --rig`],
      hint: "gt crew list --all",
      details: { candidates: having.map((each) => crewAddress(each, name)) },
    });
  throw new GtError("E_AGENT_NOT_FOUND", `no rig has a crew member ${name}`, {
    why: [
      `rigs: ${
        town
          .rigs()
          .map((each) => each.name)
          .join(", ") || "none"
      }`,
    ],
    hint: single === undefined ? "gt rig add <name> <path>" : `gt crew add ${name} --rig ${single.name}`,
  });
}

/** The rigs that have a crew member of that name. */
export function rigsWith(town: Town, name: string): readonly Rig[] {
  return name === "" ? [] : town.rigs().filter((rig) => existsSync(join(rig.crew, name, ".git")));
}

export interface NewMember {
  readonly address: string;
  readonly path: string;
  readonly branch: string;
  readonly beadId: string;
  readonly isNew: boolean;
  readonly warnings: readonly string[];
}

/**
 * Makes a crew member's workspace: a full clone of the project, which belongs to a person or a named agent and which
 * nothing in the town ever resets (spec/04 §4).
 */
export async function addCrew(
  access: TownAccess,
  rig: Rig,
  name: string,
  options: { readonly ownBranch: boolean },
): Promise<NewMember> {
  expectCrewName(name);
  const address = crewAddress(rig, name);
  const path = join(rig.crew, name);
  const beadId = agentBeadId({ role: "crew", rig: rig.name, name }, rig);
  return withAgentLock(access, address, "crew add", async () => {
    const branch = options.ownBranch ? `crew/${name}` : rig.defaultBranch;
    const isThere = existsSync(join(path, ".git"));
    if (!isThere) await clone(rig, path, branch, options.ownBranch);
    const warnings = isThere
      ? []
      : await setUpSandbox({ rig, worktree: path, gitDirectory: join(path, ".git"), name });
    await access.ledger.write(access.actor, [
      {
        op: "ensureAgent",
        agent: { id: beadId, address, role: "crew", rig: rig.name, name, state: "stopped" },
      },
      ...(isThere
        ? []
        : ([{ op: "event", event: { type: "crew_added", payload: { rig: rig.name, name } } }] as const)),
    ]);
    return { address, path, branch, beadId, isNew: !isThere, warnings };
  });
}

/** A failed clone leaves nothing behind. `E_EXISTS` when the place is taken by something else, which stays as it is. */
async function clone(rig: Rig, path: string, branch: string, isNewBranch: boolean): Promise<void> {
  mkdirSync(rig.crew, { recursive: true });
  if (existsSync(path) && (!statSync(path).isDirectory() || readdirSync(path).length > 0))
    throw new GtError("E_EXISTS", `${path} is there already and is no clone`, {
      why: ["nothing of it was changed"],
      hint: `mv ${shellWord(path)} ${shellWord(`${path}.old`)}`,
    });
  const url = rig.gitUrl === "" ? rig.repository : rig.gitUrl;
  try {
    await runGit(
      rig.crew,
      [
        "clone",
        "--quiet",
        `--reference-if-able=${rig.repository}`,
        "--dissociate",
        "--branch",
        rig.defaultBranch,
        "--",
        url,
        path,
      ],
      { timeoutMs: networkTimeoutMs },
    );
    if (rig.pushUrl !== rig.gitUrl)
      await runGit(path, ["remote", "set-url", "--push", "origin", rig.pushUrl]);
    if (isNewBranch) await runGit(path, ["checkout", "--quiet", "--no-track", "-b", branch]);
  } catch (error) {
    rmSync(path, { recursive: true, force: true });
    if (!(error instanceof GitFailure) || isDiskFull(error)) throw error;
    throw new GtError("E_CLONE", `${rig.name} cannot be cloned from ${redactUrl(url)}`, {
      why: [redactUrl(error.stderr.trim().split("\n").at(-1) ?? error.message)],
      hint: `gt doctor --rig ${rig.name}`,
      cause: error,
    });
  }
}

export interface CrewStart {
  /** `--agent`: another runtime than the settings say. */
  readonly agent?: string;
  /** `--account`: another login than the default. */
  readonly account?: string;
  /** `--resume`: an id of a conversation, or `last`. */
  readonly conversation?: string;
}

/** Starts a member's session, or returns the one that runs. */
export async function startCrew(
  access: TownAccess,
  address: string,
  options: CrewStart = {},
): Promise<SessionRecord> {
  return withAgentLock(access, address, "crew start", async () => {
    const running = await liveSession(access, address);
    if (running !== undefined) return running;
    const agent = await access.ledger.agent(address);
    if (agent !== undefined) await syncRemotes(access.town.rig(agent.rig), join(access.town.root, address));
    const isPlain = Object.keys(options).length === 0;
    const topic = hasCrashed(access, address) ? "recovery" : "resumed";
    const record =
      isPlain && agent?.hookBead
        ? await startHookSession(access, address, topic)
        : await startAgentSession(access, {
            ...{ address, topic: "start" },
            ...(agent?.hookBead ? { bead: agent.hookBead } : {}),
            ...(options.agent === undefined ? {} : { agentOverride: options.agent }),
            ...(options.account === undefined ? {} : { account: options.account }),
            ...(options.conversation === undefined ? {} : { conversation: options.conversation }),
          });
    if (agent !== undefined) await access.ledger.write(access.actor, noteStart(access, agent));
    return record;
  });
}

/** Work that rested goes on: whoever starts the session wants it to (spec/04 §1.4 row 13). */
function noteStart({ clock }: TownAccess, agent: Agent): readonly Operation[] {
  const { address, hookBead, hookState } = agent;
  if (hookBead !== "" && hookState === "suspended") return resumeOperations(agent, "working", clock.now());
  return [{ op: "setAgent", address, fields: { state: hookBead === "" ? "running" : "working" } }];
}

/** Whether its last session ended although nobody asked for it. */
function hasCrashed({ town }: TownAccess, address: string): boolean {
  const session = sessionOfAddress(town, address);
  const last = readRecord(town.paths.sessions, session);
  return last !== undefined && last.expected !== true;
}

/**
 * Ends a member's session after keeping its files as a snapshot. False when none was running. `force` skips the polite
 * part of the end.
 */
export async function stopCrew(
  access: TownAccess,
  address: string,
  options: { readonly force?: boolean } = {},
): Promise<boolean> {
  const agent = await access.ledger.agent(address);
  const running = await liveSession(access, address);
  if (agent === undefined || running === undefined) return false;
  await snapshotOf(access, agent, running.session);
  await saveCheckpoint(access, address, { reason: "the session ended", run: running.runId });
  // Work stays on its hook, and whoever has work is working.
  if (agent.hookBead === "")
    await access.ledger.write(access.actor, [{ op: "setAgent", address, fields: { state: "stopped" } }]);
  return stopAgentSession(access, address, "stopped", options);
}

async function snapshotOf(access: TownAccess, agent: Agent, session: string): Promise<void> {
  const worktree = join(access.town.root, agent.address);
  if (!(await isValidWorktree(worktree))) return;
  await takeSnapshot(
    snapshotSubject(access, {
      worktree,
      place: `crew/${agent.name}`,
      address: agent.address,
      agent,
      session,
    }),
    "session-end",
  );
}
