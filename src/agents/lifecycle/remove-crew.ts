import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describeCloneRisks, stashCommits } from "../../core/git/clone-at-risk.ts";
import { networkTimeoutMs, runGit } from "../../core/git/git.ts";
import { takeSnapshot } from "../../core/git/hook-snapshots.ts";
import { keepModulesBelow } from "../../core/git/submodules.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { Rig } from "../../core/town/town.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { withAgentLock } from "./agent-lock.ts";
import { liveSession } from "./agent-session.ts";
import { crewAddress } from "./crew.ts";
import { expectOutside } from "./expect-outside.ts";
import { putUnkeptAside } from "./keep-work.ts";
import { putAside } from "./lost-and-found.ts";
import { overlayFiles } from "./overlay-files.ts";
import { snapshotSubject } from "./polecat-worktree.ts";

export interface CrewRemoval {
  /** Also with a running session or unsaved work, which is kept in `lost+found` first. */
  readonly force: boolean;
  /** Forgets the member: its bead is deleted, its beads go back, its mail is cleared. */
  readonly purge?: boolean;
  /** Directory of the caller: a clone is not removed under his feet. */
  readonly cwd: string;
}

export interface RemovedCrew {
  /** The whole repository, stashes and a snapshot of the uncommitted files included. */
  readonly bundle: string | undefined;
  /** What no repository holds, such as files that are too large for a snapshot. */
  readonly aside: string | undefined;
}

/** A clone that is being deleted has this in front of its name: it is nobody's any more. */
const removedPrefix = ".removed-";

/**
 * Removes a member and its clone (spec/04 §4). `E_UNSAFE` with a running session, or with work on any branch, in any
 * stash or in the files that is nowhere else; by force all of it is kept first. Killed at any point it may be repeated.
 */
export async function removeCrew(
  access: TownAccess,
  rig: Rig,
  name: string,
  removal: CrewRemoval,
): Promise<RemovedCrew> {
  const address = crewAddress(rig, name);
  const path = join(rig.crew, name);
  expectOutside(removal.cwd, path, `the clone of ${address}`);
  return withAgentLock(access, address, "crew remove", async () => {
    const agent = await access.ledger.agent(address);
    if (agent === undefined || agent.state === "nuked")
      throw new GtError("E_AGENT_NOT_FOUND", `there is no crew member ${address}`, { hint: "gt crew list" });
    const reasons = await reasonsAgainst(access, rig, path, address);
    if (reasons.length > 0 && !removal.force)
      throw new GtError("E_UNSAFE", `${address} is not removed: ${reasons.join("; ")}`, {
        why: ["by force its whole repository is kept as a bundle first"],
        hint: `gt crew remove ${rig.name}/${name} --force`,
        details: { reasons },
      });
    await stopAgentSession(access, address, "stopped");
    const kept = reasons.length > 0 && existsSync(path) ? await keep(access, rig, agent, path) : nothing;
    await removeClone(access, rig, name, path);
    await access.ledger.write(access.actor, await goneOperations(access, agent, removal));
    return kept;
  });
}

const nothing: RemovedCrew = { bundle: undefined, aside: undefined };

async function reasonsAgainst(
  access: TownAccess,
  rig: Rig,
  path: string,
  address: string,
): Promise<readonly string[]> {
  const risks = existsSync(path)
    ? await describeCloneRisks(path, {
        targets: [`refs/remotes/origin/${rig.defaultBranch}`],
        ownFiles: overlayFiles(rig),
      })
    : [];
  const isRunning = (await liveSession(access, address)) !== undefined;
  return [...(isRunning ? ["its session is running"] : []), ...risks];
}

/** What git cannot bundle goes to `lost+found` as it is. */
async function keep(access: TownAccess, rig: Rig, agent: Agent, path: string): Promise<RemovedCrew> {
  const { lostAndFound } = access.town.paths;
  const label = `${rig.name}-crew-${agent.name}`;
  const bundle = join(lostAndFound, `${label}-${access.clock.now()}.bundle`);
  mkdirSync(lostAndFound, { recursive: true });
  try {
    const subject = { worktree: path, place: `crew/${agent.name}`, address: agent.address, agent };
    await takeSnapshot(snapshotSubject(access, subject), "pre-nuke");
    for (const [number, commit] of (await stashCommits(path)).entries())
      await runGit(path, ["update-ref", `refs/gt/stash/${number}`, commit]);
    await runGit(path, ["bundle", "create", "--quiet", bundle, "--all"], { timeoutMs: networkTimeoutMs });
    return { bundle, aside: await putUnkeptAside(access, path, label) };
  } catch {
    rmSync(bundle, { force: true });
    return { bundle: undefined, aside: putAside(access.town, path, label, access.clock.now()) };
  }
}

async function removeClone(access: TownAccess, rig: Rig, name: string, path: string): Promise<void> {
  if (existsSync(path)) {
    await keepModulesBelow(
      join(path, ".git"),
      join(access.town.paths.lostAndFound, `${rig.name}-crew-${name}`),
    );
    renameSync(path, join(rig.crew, `${removedPrefix}${name}-${access.clock.now()}`));
  }
  if (!existsSync(rig.crew)) return;
  for (const entry of readdirSync(rig.crew))
    if (entry.startsWith(removedPrefix)) rmSync(join(rig.crew, entry), { recursive: true, force: true });
}

async function goneOperations(
  access: TownAccess,
  agent: Agent,
  { purge }: CrewRemoval,
): Promise<readonly Operation[]> {
  const { id, address, rig, name } = agent;
  return [
    { op: "unhook", address },
    { op: "setAgent", address, fields: { state: "nuked" } },
    ...(purge === true ? await forget(access, address) : []),
    purge === true
      ? { op: "delete", id, reason: "crew member purged" }
      : { op: "close", id, close: { reason: "crew member removed", force: true } },
    { op: "event", event: { type: "crew_removed", payload: { rig, name } } },
  ];
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
