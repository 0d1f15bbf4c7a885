import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { isGuide } from "../../core/formulas/molecule-record.ts";
import { deleteBranch, resolveCommit } from "../../core/git/branch.ts";
import { takeSnapshot } from "../../core/git/hook-snapshots.ts";
import { commitsOnlyHere } from "../../core/git/work-at-risk.ts";
import { isValidWorktree, removeWorktree } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { RuntimeRow } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { parseAddress } from "../../core/town/address.ts";
import type { Rig } from "../../core/town/town.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { assignmentEvent } from "./assignment-event.ts";
import { nextState } from "./agent-transition.ts";
import { droppingMolecule } from "./attached-molecule.ts";
import { metadataText } from "./attachment.ts";
import { type AskOrigin, isOwnBranch, keepCommits, placesOf, putUnkeptAside } from "./keep-work.ts";
import { putAside } from "./lost-and-found.ts";
import { OperationJournal, type OperationRecord } from "./operation-record.ts";
import { baseRevision, freshenOrigin, hasChanges, snapshotSubject } from "./polecat-worktree.ts";

/** What the record of a removal holds. */
export interface NukeData {
  readonly worktree: string;
  readonly branch: string;
  /** There is something at the worktree's place, and git does not take it for one. */
  readonly isBroken?: boolean;
  readonly discard: boolean;
  readonly reason: string;
  /** Origin was asked in step `keep`, so that what git knows of it is true. */
  readonly isOriginKnown?: boolean;
}

/** Goes on with a removal whose process died; everything may be repeated. */
export async function recoverNuke(
  access: TownAccess,
  row: RuntimeRow<OperationRecord<never>>,
): Promise<"resumed"> {
  const journal = await OperationJournal.adopt<NukeData>(access, row);
  await carryOutNuke(access, access.town.rig(journal.record.subject.rig), journal);
  return "resumed";
}

/** From the step that was begun last to the end. Returns warnings. */
export async function carryOutNuke(
  access: TownAccess,
  rig: Rig,
  journal: OperationJournal<NukeData>,
): Promise<readonly string[]> {
  const { agent: address } = journal.record.subject;
  const { agent } = await requirePolecat(access, address);
  const { data } = journal;
  const warnings: string[] = [];
  if (journal.record.step === "keep") {
    await stopAgentSession(access, address, "stopped");
    let isOriginKnown = rig.gitUrl === "";
    const kept = await keep(access, rig, { agent, data }, async () => {
      isOriginKnown ||= (await freshenOrigin(access, rig)) === undefined;
      return isOriginKnown;
    });
    warnings.push(...kept);
    await journal.step("remove", { isOriginKnown });
  }
  warnings.push(...(await remove(access, rig, agent, journal.data)));
  await journal.finish(await goneOperations(access, agent, data));
  return warnings;
}

/** Snapshot, push, archive: afterwards nothing is only in the sandbox (spec/04 §3.7 rules 2 and 5). */
async function keep(
  access: TownAccess,
  rig: Rig,
  { agent, data }: { readonly agent: Agent; readonly data: NukeData },
  askOrigin: AskOrigin,
): Promise<readonly string[]> {
  const { worktree, branch } = data;
  const isValid = await isValidWorktree(worktree);
  try {
    const { address } = agent;
    const subject = { worktree, place: `polecats/${agent.name}`, address, agent };
    const taken = isValid ? await takeSnapshot(snapshotSubject(access, subject), "pre-nuke") : undefined;
    const tips = { worktree: isValid ? worktree : undefined, branch, base: await baseOf(rig) };
    const told = await keepCommits(rig, agent, tips, askOrigin);
    const isWork = taken?.state === "taken" ? taken.files > 0 : isValid && (await hasChanges(rig, worktree));
    if (taken === undefined || !isWork) return told;
    const seq = taken.state === "taken" ? taken.snapshot.seq : taken.seq;
    const back = `gt hook rollback ${shortAddress(address)} ${seq} --to-branch <name>`;
    return [...told, `the uncommitted work of ${address} is kept as snapshot #${seq}: ${back}`];
  } catch (error) {
    if (data.discard) return [`not everything of ${agent.address} could be kept`];
    throw new GtError("E_SNAPSHOT", `the work of ${agent.address} could not be kept; nothing was removed`, {
      why: [error instanceof Error ? error.message : String(error)],
      hint: `gt polecat nuke ${shortAddress(agent.address)} --force --discard`,
      cause: error,
    });
  }
}

/** What neither a snapshot nor a branch has is not deleted either: it goes to `lost+found`. */
async function remove(
  access: TownAccess,
  rig: Rig,
  agent: Agent,
  data: NukeData,
): Promise<readonly string[]> {
  const warnings: string[] = [];
  const { worktree } = data;
  const home = dirname(worktree);
  const label = `${rig.name}-${agent.name}`;
  const aside = (place: string | undefined): void => {
    if (place !== undefined) warnings.push(`files that no snapshot has are in ${place}`);
  };
  if (data.isBroken === true) aside(putAside(access.town, worktree, label, access.clock.now()));
  else if (data.discard !== true && (await isValidWorktree(worktree)))
    aside(await putUnkeptAside(access, worktree, label));
  const modules = await removeWorktree(rig.repository, worktree);
  if (modules !== undefined) warnings.push(`work in its submodules is kept in ${modules}`);
  aside(putAside(access.town, home, `${label}-beside`, access.clock.now()));
  rmSync(home, { recursive: true, force: true });
  await dropKeptBranch(rig, agent, data);
  return warnings;
}

/** The local branch goes when its commits are on the remote, have landed or are in the archive. */
async function dropKeptBranch(rig: Rig, agent: Agent, { branch, isOriginKnown }: NukeData): Promise<void> {
  if (!isOwnBranch(rig, agent, branch)) return;
  const commit = await resolveCommit(rig.repository, `refs/heads/${branch}`);
  if (commit === undefined) return;
  const places = await placesOf(rig, agent, {
    ...{ branch, base: await baseOf(rig), isOriginKnown: isOriginKnown === true },
  });
  if ((await commitsOnlyHere(rig.repository, commit, places)).length === 0)
    await deleteBranch(rig.repository, branch, commit);
}

/** "" in a rig whose default branch is gone; then nothing counts as landed, and the sandbox can go all the same. */
const baseOf = (rig: Rig): Promise<string> => baseRevision(rig, rig.defaultBranch).catch(() => "");

async function goneOperations(
  access: TownAccess,
  agent: Agent,
  data: NukeData,
): Promise<readonly Operation[]> {
  const { address } = agent;
  const held = await access.ledger.find({ assignee: address, status: ["hooked", "in_progress", "blocked"] });
  const work = held.filter((bead) => metadataText(bead, "awaiting_merge") === "" && !isGuide(bead));
  const dropped = await Promise.all(work.map((bead) => droppingMolecule(access.ledger, bead, "removed")));
  return [
    { op: "unhook", address },
    ...work.map(
      (bead): Operation => ({
        op: "update",
        id: bead.id,
        fields: {
          status: "open",
          assignee: "",
          metadata: { prior_branch: data.branch === "" ? null : data.branch },
        },
      }),
    ),
    ...dropped.flat(),
    {
      op: "setAgent",
      address,
      fields: {
        state: agent.state === "nuked" ? "nuked" : nextState(address, agent.state, "nuked"),
        hookState: "archived",
        branch: "",
      },
    },
    ...(agent.hookBead === "" ? [] : [assignmentEvent(agent, "archived", { reason: data.reason })]),
    {
      op: "event",
      event: {
        type: "nuke",
        payload: {
          ...{ polecat: agent.name, rig: agent.rig, reason: data.reason },
          ...(agent.hookBead === "" ? {} : { bead: agent.hookBead }),
        },
      },
    },
  ];
}

/** The polecat of that address, or `E_AGENT_NOT_FOUND`. */
export async function requirePolecat(
  access: TownAccess,
  address: string,
): Promise<{ readonly rig: Rig; readonly agent: Agent }> {
  const parsed = parseAddress(address);
  const agent = await access.ledger.agent(address);
  if (parsed?.role !== "polecat" || agent === undefined || agent.state === "nuked")
    throw new GtError("E_AGENT_NOT_FOUND", `no polecat ${address}`, { hint: "gt polecat list --all" });
  return { rig: access.town.rig(parsed.rig), agent };
}

/** `<rig>/<name>`, as a person types it. */
export const shortAddress = (address: string): string => address.replace("/polecats/", "/");
