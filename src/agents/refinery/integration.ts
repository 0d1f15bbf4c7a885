import { crashPoint } from "../../core/crash-point.ts";
import { isAncestor } from "../../core/git/ancestry.ts";
import { aheadBehind } from "../../core/git/ahead-behind.ts";
import { deleteBranch, moveRef, resolveCommit } from "../../core/git/branch.ts";
import { askGit, runGit } from "../../core/git/git.ts";
import { deleteRemoteBranch, pushWithLease } from "../../core/git/push.ts";
import { fetchOrigin } from "../../core/git/repository.ts";
import { mergeTrees, readCommit, writeCommit } from "../../core/git/stack.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead, BeadId } from "../../core/ledger/bead.ts";
import { acquireLock } from "../../core/lock/lock.ts";
import { integrationName, otherIntegrationName } from "../../core/merge/integration-name.ts";
import { withTrailers } from "../../core/merge/landing-message.ts";
import { mergeRequest } from "../../core/merge/merge-request.ts";
import { openRequests } from "../../core/merge/open-requests.ts";
import { gateDirectory } from "./gate-directory.ts";
import { hasOrigin, placeOf, pushTarget, targetCommit } from "./push-target.ts";
import type { QueueContext } from "./queue-context.ts";
import { integrationBranchOf } from "./resolve-target.ts";
import { refineryIdentity } from "./build-stack.ts";
import { checkOut, slotOf } from "./slot.ts";
import { isKnownGreen, rememberGreen } from "./verdict-store.ts";

const fetchMs = 120_000;
const lockWaitMs = 10 * 60_000;
const moves = 3;

export interface CreateIntegration {
  /** Name or template. */
  readonly branch?: string;
  readonly base?: string;
  readonly force?: "force";
}

export interface CreatedIntegration {
  readonly branch: string;
  readonly base: string;
  readonly warnings: readonly string[];
}

/** Makes an epic's integration branch, on the remote first and then on the epic (spec/05 §5.2). */
export async function createIntegration(
  context: QueueContext,
  epicId: BeadId,
  options: CreateIntegration,
): Promise<CreatedIntegration> {
  const { rig, settings, access } = context;
  const { repository } = rig;
  const epic = await readEpic(context, epicId);
  const existing = integrationBranchOf(epic);
  if (existing !== undefined && options.force === undefined)
    throw new GtError("E_INTEGRATION_EXISTS", `${epic.id} has the integration branch ${existing}`, {
      hint: `gt mq integration status ${epic.id}`,
    });
  const remote = await hasOrigin(repository);
  if (remote) await fetchOrigin(repository, { timeoutMs: fetchMs });
  const base = (options.base ?? rig.defaultBranch).replace(/^origin\//, "");
  const start = await resolveCommit(repository, remoteRef(remote, base));
  if (start === undefined)
    throw new GtError("E_BASE_BRANCH", `there is no branch ${base} in ${rig.name}`, {
      hint: `gt mq integration create ${epic.id} --base-branch ${rig.defaultBranch}`,
    });
  const user = (await askGit(repository, ["config", "--get", "user.name"])).stdout.trim();
  const wanted = integrationName(options.branch ?? settings.integrationTemplate, {
    epic: epic.id,
    title: epic.title,
    user,
  });
  const branch = await freeName(context, wanted, epic.id, remote);
  if (!(await moveRef(repository, `refs/heads/${branch}`, start, undefined)))
    throw new GtError("E_BRANCH_EXISTS", `${branch} cannot be made`, { hint: "--branch <another name>" });
  if (remote) {
    const pushed = await pushWithLease(repository, {
      remote: "origin",
      commit: start,
      branch,
      expect: undefined,
      env: { GT_REFINERY: "1" },
    });
    if (pushed.result !== "pushed") {
      await deleteBranch(repository, branch, start);
      throw new GtError("E_PUSH", `${branch} cannot be pushed`, { why: [pushed.reason] });
    }
  }
  try {
    await access.ledger.write(access.actor, [
      { op: "expect", id: epic.id, expected: { rev: epic.rev } },
      {
        op: "update",
        id: epic.id,
        fields: { metadata: { integration_branch: branch, base_branch: base } },
      },
      {
        op: "event",
        event: {
          type: "integration_created",
          payload: { epic: epic.id, branch, target: base, rig: rig.name },
        },
      },
    ]);
  } catch (error) {
    if (remote) await deleteRemoteBranch(repository, "origin", branch, start);
    await deleteBranch(repository, branch, start);
    throw error;
  }
  const isUsual = branch.startsWith("integration/");
  return {
    branch,
    base,
    warnings: isUsual ? [] : [`${branch} is outside integration/: other tools may take it for ordinary work`],
  };
}

async function freeName(
  context: QueueContext,
  wanted: string,
  epic: BeadId,
  remote: boolean,
): Promise<string> {
  for (const name of [wanted, otherIntegrationName(wanted, epic)]) {
    const local = await resolveCommit(context.rig.repository, `refs/heads/${name}`);
    const there = remote ? await resolveCommit(context.rig.repository, remoteRef(true, name)) : undefined;
    if (local === undefined && there === undefined) return name;
  }
  throw new GtError("E_BRANCH_EXISTS", `${wanted} is taken`, {
    hint: `gt mq integration create ${epic} --branch <name>`,
  });
}

export interface IntegrationStatus {
  readonly epic: BeadId;
  readonly branch: string;
  readonly base: string;
  readonly head: string | undefined;
  readonly ahead: number;
  readonly merged: readonly { readonly id: BeadId; readonly title: string }[];
  readonly pending: readonly { readonly id: BeadId; readonly title: string; readonly status: string }[];
  readonly children: readonly Bead[];
  readonly isReady: boolean;
}

/** What an integration branch has collected (spec/05 §5.3). Fetch before. */
export async function integrationStatus(context: QueueContext, epicId: BeadId): Promise<IntegrationStatus> {
  const { rig, access } = context;
  const epic = await readEpic(context, epicId);
  const remote = await hasOrigin(rig.repository);
  const branch = await branchOf(context, epic, remote);
  const base = baseOf(context, epic);
  const head = await resolveCommit(rig.repository, remoteRef(remote, branch));
  const start = await resolveCommit(rig.repository, remoteRef(remote, base));
  const ahead =
    head === undefined || start === undefined ? 0 : (await aheadBehind(rig.repository, start, head)).ahead;
  const pending = (await openRequests(access.ledger, rig)).filter((request) => request.target === branch);
  const closed = await access.ledger.find({
    type: "merge-request",
    status: "closed",
    metadata: { "mr.target": branch },
  });
  const children = await access.ledger.find({ parent: epic.id });
  const isComplete = children.length > 0 && children.every((child) => child.status === "closed");
  return {
    epic: epic.id,
    branch,
    base,
    head,
    ahead,
    merged: closed
      .map(mergeRequest)
      .filter((mr) => mr.closeReason === "merged")
      .map(({ id, title }) => ({ id, title })),
    pending: pending.map(({ mr }) => ({ id: mr.id, title: mr.title, status: mr.phase })),
    children,
    isReady: ahead > 0 && isComplete && pending.length === 0,
  };
}

export interface LandOptions {
  readonly force?: "force";
  readonly skipTests?: "skip-tests";
  readonly dryRun?: "dry-run";
  readonly signal: AbortSignal;
  /** The caller holds the refinery's lock. */
  readonly locked?: "locked";
}

export interface LandedIntegration {
  readonly epic: BeadId;
  readonly branch: string;
  readonly base: string;
  /** Absent after a dry run. */
  readonly commit?: string;
}

/** Lands an epic's integration branch as one merge commit; may be repeated after a crash (spec/05 §5.4). */
export async function landIntegration(
  context: QueueContext,
  epicId: BeadId,
  options: LandOptions,
): Promise<LandedIntegration> {
  if (options.locked !== undefined) return landLocked(context, epicId, options);
  const { town } = context.access;
  const lock = await acquireLock(town.paths.locks, `refinery-${context.rig.name}`, {
    kind: "integration land",
    waitMs: options.dryRun === undefined ? lockWaitMs : 0,
    subject: `the merge queue of ${context.rig.name}`,
  });
  try {
    return await landLocked(context, epicId, options);
  } finally {
    lock.release();
  }
}

async function landLocked(
  context: QueueContext,
  epicId: BeadId,
  options: LandOptions,
): Promise<LandedIntegration> {
  const { rig } = context;
  const remote = await hasOrigin(rig.repository);
  for (let attempt = 1; ; attempt++) {
    if (remote) await fetchOrigin(rig.repository, { timeoutMs: fetchMs });
    const epic = await readEpic(context, epicId);
    const done = landedAlready(epic);
    if (done !== undefined) return finishLanding(context, epic, done);
    const status = await integrationStatus(context, epicId);
    const { branch, base, head } = status;
    if (head === undefined)
      throw new GtError(
        (await resolveCommit(rig.repository, `refs/heads/${branch}`)) === undefined
          ? "E_NO_INTEGRATION"
          : "E_NOT_PUSHED",
        `the integration branch ${branch} is not on the remote`,
        { hint: `git push origin ${branch}` },
      );
    refuseOpen(status, options);
    if (options.dryRun !== undefined) return { epic: epicId, branch, base };
    const place = await placeOf(rig, base, context.settings);
    const target = await targetCommit(rig, place);
    if (target === undefined) throw new GtError("E_BASE_BRANCH", `there is no branch ${base}`);
    if (await isAncestor(rig.repository, head, target)) return finishLanding(context, epic, target);
    const commit = await mergeCommit(context, epic, { branch, head, target });
    if (options.skipTests === undefined) await gate(context, commit, target, base, options.signal);
    const pushed = await pushTarget(rig, place, target, commit, pause);
    if (pushed.result === "pushed") {
      crashPoint("integration.pushed");
      return finishLanding(context, epic, commit);
    }
    if (pushed.result !== "moved" || attempt >= moves)
      throw new GtError("E_PUSH", `${base} cannot be pushed: ${pushed.result}`, { why: [pushed.reason] });
  }
}

function refuseOpen(status: IntegrationStatus, options: LandOptions): void {
  if (options.force !== undefined) return;
  if (status.pending.length > 0)
    throw new GtError(
      "E_INTEGRATION_OPEN_MRS",
      `${status.pending.length} merge requests still want to reach it`,
      {
        why: status.pending.map((mr) => `${mr.id} ${mr.status} ${mr.title}`),
        hint: `gt mq list --target ${status.branch}`,
      },
    );
  const open = status.children.filter((child) => child.status !== "closed");
  if (open.length > 0)
    throw new GtError("E_INTEGRATION_OPEN_CHILDREN", `${open.length} beads of the epic are open`, {
      why: open.map((child) => `${child.id} ${child.status} ${child.title}`),
      hint: `gt mq integration land ${status.epic} --force`,
    });
}

async function mergeCommit(
  context: QueueContext,
  epic: Bead,
  { branch, head, target }: { readonly branch: string; readonly head: string; readonly target: string },
): Promise<string> {
  const { repository } = context.rig;
  const merged = await mergeTrees(repository, target, head);
  if (!merged.clean)
    throw new GtError("E_CONFLICTS", `${branch} conflicts with its base`, {
      why: merged.files,
      hint: `merge the base into ${branch}, then gt mq integration land ${epic.id}`,
    });
  const [there, above] = [await readCommit(repository, target), await readCommit(repository, head)];
  if (merged.tree === there.tree)
    throw new GtError("E_EMPTY_MERGE", `${branch} changes nothing that its base does not have`, {
      hint: `bd close ${epic.id}`,
    });
  const committer = await refineryIdentity(repository);
  const at = Math.max(there.committedAt, above.committedAt) + 1;
  const signature = { ...committer, date: `${at} +0000` };
  const message = withTrailers(`Merge ${branch}: ${epic.title}`, undefined);
  return writeCommit(repository, {
    tree: merged.tree,
    parents: [target, head],
    message: `${message}\n\nGastown-Epic: ${epic.id}`,
    author: signature,
    committer: signature,
  });
}

async function gate(
  context: QueueContext,
  commit: string,
  base: string,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const { rig, settings, access } = context;
  const tree = await runGit(rig.repository, ["rev-parse", "--verify", `${commit}^{tree}`]);
  if (await isKnownGreen(context, tree)) return;
  const slot = slotOf(rig, 0);
  await checkOut(rig, slot, commit, settings.gateClean);
  const name = `integration-${commit.slice(0, 12)}`;
  const run = await gateDirectory(context, {
    directory: slot.directory,
    tip: commit,
    base,
    target,
    name,
    signal,
  });
  if (run.verdict !== "green") {
    const failed = run.results.filter((each) => each.verdict === "red" || each.verdict === "error");
    throw new GtError(
      "E_GATES",
      `the merged tree does not pass: ${failed.map((each) => each.gate).join(", ")}`,
      {
        why: failed.map((each) => `${each.gate}: ${each.why} (${each.log})`),
      },
    );
  }
  await access.ledger.write(context.actor, [rememberGreen(context, tree, name)]);
}

async function finishLanding(context: QueueContext, epic: Bead, commit: string): Promise<LandedIntegration> {
  const { rig, access } = context;
  const remote = await hasOrigin(rig.repository);
  const branch = await branchOf(context, epic, remote);
  const base = baseOf(context, epic);
  if (epic.status !== "closed")
    await access.ledger.write(context.actor, [
      { op: "expect", id: epic.id, expected: { rev: epic.rev } },
      {
        op: "close",
        id: epic.id,
        close: { reason: `Landed in ${commit}`, outcome: "success", force: true },
      },
      {
        op: "event",
        event: {
          type: "integration_landed",
          payload: { epic: epic.id, branch, target: base, rig: rig.name },
        },
      },
    ]);
  crashPoint("integration.closed");
  const there = remote ? await resolveCommit(rig.repository, remoteRef(true, branch)) : undefined;
  if (there !== undefined && (await isAncestor(rig.repository, there, commit))) {
    await deleteRemoteBranch(rig.repository, "origin", branch, there);
    await askGit(rig.repository, ["update-ref", "-d", remoteRef(true, branch)]);
  }
  const local = await resolveCommit(rig.repository, `refs/heads/${branch}`);
  if (local !== undefined && (await isAncestor(rig.repository, local, commit)))
    await deleteBranch(rig.repository, branch, local);
  return { epic: epic.id, branch, base, commit };
}

function landedAlready(epic: Bead): string | undefined {
  return epic.status === "closed" ? /^Landed in ([0-9a-f]{40,64})$/.exec(epic.closeReason)?.[1] : undefined;
}

async function readEpic(context: QueueContext, id: BeadId): Promise<Bead> {
  const epic = await context.access.ledger.get(id);
  if (epic === undefined)
    throw new GtError("E_EPIC_NOT_FOUND", `no epic ${id}`, { hint: "bd list --type epic" });
  if (epic.type !== "epic")
    throw new GtError("E_NOT_EPIC", `${id} is a ${epic.type || "task"}, not an epic`, {
      hint: `bd show ${id}`,
    });
  return epic;
}

/** The stored branch, else the one of the template, else `integration/<epic>`, if it exists (spec/05 §5.3). */
async function branchOf(context: QueueContext, epic: Bead, remote: boolean): Promise<string> {
  const stored = integrationBranchOf(epic);
  if (stored !== undefined) return stored;
  const named = integrationName(context.settings.integrationTemplate, {
    epic: epic.id,
    title: epic.title,
    user: "",
  });
  for (const name of [named, `integration/${epic.id}`])
    if ((await resolveCommit(context.rig.repository, remoteRef(remote, name))) !== undefined) return name;
  throw new GtError("E_NO_INTEGRATION", `${epic.id} has no integration branch`, {
    hint: `gt mq integration create ${epic.id}`,
  });
}

function baseOf(context: QueueContext, epic: Bead): string {
  const base = epic.metadata["base_branch"];
  return typeof base === "string" && base !== "" ? base : context.rig.defaultBranch;
}

function remoteRef(remote: boolean, branch: string): string {
  return remote ? `refs/remotes/origin/${branch}` : `refs/heads/${branch}`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
