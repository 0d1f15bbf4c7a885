import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { networkTimeoutMs, runGit } from "../../core/git/git.ts";
import { takeSnapshot } from "../../core/git/hook-snapshots.ts";
import { keepModulesBelow } from "../../core/git/submodules.ts";
import { describeRisks, measureWorkAtRisk } from "../../core/git/work-at-risk.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { formatAddress } from "../../core/town/address.ts";
import { agentBeadId } from "../../core/town/agent-names.ts";
import type { Rig, Town } from "../../core/town/town.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import { startAgentSession, stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { liveSession } from "./agent-session.ts";
import { withAgentLock } from "./agent-lock.ts";
import { syncRemotes } from "./crew-clone.ts";
import { snapshotSubject } from "./polecat-worktree.ts";
import { setUpSandbox } from "./sandbox-setup.ts";
import { startHookSession } from "./start-hook-session.ts";

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
  const having = town.rigs().filter((each) => existsSync(join(each.crew, name)));
  const [only, second] = having;
  if (only !== undefined && second === undefined) return only;
  const [single, another] = town.rigs();
  if (only === undefined && single !== undefined && another === undefined) return single;
  throw new GtError(
    only === undefined ? "E_AGENT_NOT_FOUND" : "E_AMBIGUOUS",
    only === undefined
      ? `there is no crew member ${name}`
      : `${name} is crew of ${having.map((each) => each.name).join(" and ")}`,
    { hint: `gt crew status ${(only ?? single)?.name ?? "<rig>"}/${name}` },
  );
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

/** A failed clone leaves nothing behind. */
async function clone(rig: Rig, path: string, branch: string, isNewBranch: boolean): Promise<void> {
  mkdirSync(rig.crew, { recursive: true });
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
    throw error;
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
    // Whoever was stopped did not crash.
    const topic = agent?.state === "stopped" ? "resumed" : "recovery";
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
    await access.ledger.write(access.actor, [{ op: "setAgent", address, fields: { state: "running" } }]);
    return record;
  });
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

/**
 * Removes a member and its clone. Refused with a running session or work that is nowhere else; by force the whole
 * repository, uncommitted files included, is kept as a bundle in `lost+found` first. Returns the bundle's path. `purge`
 * also gives its beads back and clears its mail.
 */
export async function removeCrew(
  access: TownAccess,
  rig: Rig,
  name: string,
  options: { readonly force: boolean; readonly purge?: boolean },
): Promise<string | undefined> {
  const address = crewAddress(rig, name);
  const agent = await access.ledger.agent(address);
  const path = join(rig.crew, name);
  if (agent === undefined || !existsSync(path))
    throw new GtError("E_AGENT_NOT_FOUND", `there is no crew member ${address}`, { hint: "gt crew list" });
  const risk = await measureWorkAtRisk(path, { targets: [`refs/remotes/origin/${rig.defaultBranch}`] });
  const reasons = [
    ...((await liveSession(access, address)) === undefined ? [] : ["its session is running"]),
    ...describeRisks(risk),
  ];
  if (reasons.length > 0 && !options.force)
    throw new GtError("E_UNSAFE", `${address} is not removed: ${reasons.join("; ")}`, {
      hint: `gt crew remove ${rig.name}/${name} --force`,
    });
  await stopAgentSession(access, address, "stopped");
  let bundle: string | undefined;
  if (reasons.length > 0) {
    await takeSnapshot(
      snapshotSubject(access, { worktree: path, place: `crew/${name}`, address, agent }),
      "pre-nuke",
    );
    mkdirSync(access.town.paths.lostAndFound, { recursive: true });
    bundle = join(access.town.paths.lostAndFound, `${rig.name}-crew-${name}-${access.clock.now()}.bundle`);
    await runGit(path, ["bundle", "create", "--quiet", bundle, "--all"], { timeoutMs: networkTimeoutMs });
  }
  await keepModulesBelow(
    join(path, ".git"),
    join(access.town.paths.lostAndFound, `${rig.name}-crew-${name}`),
  );
  rmSync(path, { recursive: true, force: true });
  await access.ledger.write(access.actor, [
    { op: "unhook", address },
    { op: "setAgent", address, fields: { state: "nuked" } },
    ...(options.purge === true ? await forget(access, address) : []),
    { op: "close", id: agent.id, close: { reason: "crew member removed", force: true } },
    { op: "event", event: { type: "crew_removed", payload: { rig: rig.name, name } } },
  ]);
  return bundle;
}

/** Everything that still is in the name of a member who never comes back. */
async function forget(access: TownAccess, address: string): Promise<readonly Operation[]> {
  const held = (await access.ledger.find({ assignee: address })).filter((bead) => bead.status !== "closed");
  return held.map(
    (bead): Operation =>
      bead.type === "message"
        ? { op: "close", id: bead.id, close: { reason: "crew member removed", force: true } }
        : {
            op: "update",
            id: bead.id,
            fields: {
              assignee: "",
              ...(bead.status === "hooked" || bead.status === "in_progress" ? { status: "open" } : {}),
            },
          },
  );
}
