import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { isGuide } from "../../core/formulas/molecule-record.ts";
import { deleteBranch, resolveCommit } from "../../core/git/branch.ts";
import { archiveBranch, takeSnapshot } from "../../core/git/hook-snapshots.ts";
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
import { OperationJournal, type OperationRecord } from "./operation-record.ts";
import { pushBestEffort, snapshotSubject } from "./polecat-worktree.ts";

/** What the record of a removal holds. */
export interface NukeData {
  readonly worktree: string;
  readonly branch: string;
  readonly discard: boolean;
  readonly reason: string;
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
    if (await isValidWorktree(data.worktree)) warnings.push(...(await keep(access, rig, agent, data)));
    await journal.step("remove");
  }
  const modules = await removeWorktree(rig.repository, data.worktree);
  if (modules !== undefined) warnings.push(`work in its submodules is kept in ${modules}`);
  rmSync(dirname(data.worktree), { recursive: true, force: true });
  await dropKeptBranch(rig, agent, data);
  await journal.finish(await goneOperations(access, agent, data));
  return warnings;
}

/** Snapshot, push, archive: afterwards nothing is only in the sandbox (spec/04 §3.7 rules 2 and 5). */
async function keep(access: TownAccess, rig: Rig, agent: Agent, data: NukeData): Promise<readonly string[]> {
  const place = `polecats/${agent.name}`;
  let isKept = true;
  await takeSnapshot(
    snapshotSubject(access, { worktree: data.worktree, place, address: agent.address, agent }),
    "pre-nuke",
  ).catch(() => {
    isKept = false;
  });
  const isPushed = await pushBestEffort(rig, data.worktree);
  const head = await resolveCommit(data.worktree, "HEAD");
  const branch = data.branch || `detached-${agent.hookSeq}`;
  if (!isPushed && head !== undefined)
    await archiveBranch(rig.repository, place, branch, head).catch(() => {
      isKept = false;
    });
  if (isKept)
    return isPushed || data.branch === ""
      ? []
      : [`${branch} could not be pushed; it is kept as an archive ref`];
  if (data.discard) return [`nothing of ${agent.address} could be kept`];
  throw new GtError("E_SNAPSHOT", `the work of ${agent.address} could not be kept; nothing was removed`, {
    hint: `gt polecat nuke ${shortAddress(agent.address)} --force --discard`,
  });
}

/** The local branch goes when its commits are on the remote or in the archive. */
async function dropKeptBranch(rig: Rig, agent: Agent, data: NukeData): Promise<void> {
  if (!data.branch.startsWith("polecat/")) return;
  const commit = await resolveCommit(rig.repository, `refs/heads/${data.branch}`);
  if (commit === undefined) return;
  const elsewhere = [
    `refs/remotes/origin/${data.branch}`,
    `refs/gt/archive/polecats/${agent.name}/${data.branch}`,
  ];
  for (const ref of elsewhere) {
    if ((await resolveCommit(rig.repository, ref)) !== commit) continue;
    await deleteBranch(rig.repository, data.branch, commit);
    return;
  }
}

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
    ...(agent.hookBead === "" ? [] : [assignmentEvent(agent, "archived", data.reason)]),
    {
      op: "event",
      event: { type: "nuke", payload: { polecat: agent.name, rig: agent.rig, reason: data.reason } },
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
