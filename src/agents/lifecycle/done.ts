import { existsSync } from "node:fs";
import { legOf } from "../../core/convoys/leg.ts";
import { aheadBehind } from "../../core/git/ahead-behind.ts";
import { currentBranch, resolveCommit } from "../../core/git/branch.ts";
import { operationOf } from "../../core/git/operation.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent, Bead } from "../../core/ledger/bead.ts";
import type { RuntimeRow } from "../../core/ledger/ledger.ts";
import { mergeRequest } from "../../core/merge/merge-request.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import { textSetting } from "../../core/town/setting.ts";
import type { Rig } from "../../core/town/town.ts";
import { queueContext } from "../refinery/queue-context.ts";
import { resolveTarget } from "../refinery/resolve-target.ts";
import type { TownAccess } from "../town-access.ts";
import { nextState } from "./agent-transition.ts";
import { assignmentEvent } from "./assignment-event.ts";
import { parseBranchName } from "./branch-name.ts";
import { checkCompleted, noIssue, noWorktree } from "./done-check.ts";
import type { DoneData, DoneExit, DoneReport } from "./done-data.ts";
import { routeOf, strategyOf } from "./done-record.ts";
import { carryOutDone } from "./done-steps.ts";
import { isAbandoned, OperationJournal, type OperationRecord, openOperations } from "./operation-record.ts";
import { withAgentLock } from "./agent-lock.ts";
import { pushBestEffort } from "./keep-work.ts";
import { baseRevision, freshenOrigin, hasChanges } from "./polecat-worktree.ts";
import { resumeDone } from "./recover-done.ts";
import { recoverOperations } from "./recover-operations.ts";
import { expectBase } from "./work-base.ts";
import { unfinishedSteps } from "./workflow-view.ts";

export interface DoneRequest {
  readonly exit: DoneExit;
  readonly issue?: string;
  readonly priority?: number;
  readonly target?: string;
  readonly preVerified?: boolean;
  /** A report-only workflow says that it changed nothing on purpose. */
  readonly isReportOnly?: boolean;
  /** Findings that are expected in a file need not be there. */
  readonly hasNoOutput?: boolean;
  readonly message?: string;
  /** Gate that `PHASE_COMPLETE` waits for. */
  readonly gate?: string;
  /** Somebody was called for help already: the escalation of `ESCALATED` is not raised again. */
  readonly isTold?: boolean;
  /** Session in which it is called. */
  readonly session?: string;
}

/**
 * Hands the work on a polecat's hook over (spec/04 §5): check, save, push, submit, and the polecat is free again. Every
 * step may be repeated; one that a killed process had begun is gone on with first. The session is ended by the caller.
 */
export async function done(access: TownAccess, request: DoneRequest): Promise<DoneReport> {
  const parsed = parseAddress(access.actor);
  if (parsed?.role !== "polecat")
    throw new GtError("E_NOT_POLECAT", "only polecats finish with gt done; other roles stay", {
      hint: access.actor === "overseer" ? "gt mq submit --branch <name>" : "gt handoff",
    });
  const rig = access.town.rig(parsed.rig);
  return withAgentLock(access, access.actor, "done", async () => {
    const abandoned = await abandonedDone(access);
    const resumed = abandoned === undefined ? undefined : await resumeDone(access, rig, abandoned);
    if (resumed !== undefined) return { ...resumed, resumed: true };
    // A sling that died after its batch leaves the polecat in `spawning`: its end comes first.
    await recoverOperations(access, { agent: access.actor, locked: true });
    return { ...(await begin(access, rig, request)), resumed: false };
  });
}

/**
 * Called again after it was through: what became of the work is said once more, and nothing is done. Undefined when there
 * is something to hand in.
 */
async function repeatedDone(
  access: TownAccess,
  rig: Rig,
  agent: Agent,
  { exit, issue }: DoneRequest,
): Promise<Omit<DoneReport, "resumed"> | undefined> {
  const id = parseBranchName(agent.branch)?.bead;
  if (agent.state !== "idle" || agent.hookBead !== "" || agent.exitType !== exit) return undefined;
  if (id === undefined || (issue !== undefined && issue !== id)) return undefined;
  const parsed = parseAddress(agent.address);
  const worktree = (parsed && agentHome(access.town, parsed)) ?? "";
  if (!(await isValidWorktree(worktree)) || (await currentBranch(worktree)) !== undefined) return undefined;
  const bead = await access.ledger.get(id);
  if (bead === undefined || (await hasChanges(rig, worktree))) return undefined;
  const found = agent.mrId === "" ? undefined : await access.ledger.get(agent.mrId);
  const mr = found && mergeRequest(found);
  return {
    ...{ exit, issue: id, branch: agent.branch, head: mr?.commitSha ?? "" },
    target: mr?.target || agent.baseBranch || rig.defaultBranch,
    mr: mr?.id ?? "",
    ...(mr === undefined ? {} : { priority: mr.priority }),
    strategy: mr?.strategy ?? routeOf(bead, strategySetting(access, rig)),
    push: "skipped",
    state: agent.state,
    warnings: [`${id} was handed in already`],
  };
}

async function abandonedDone(access: TownAccess): Promise<RuntimeRow<OperationRecord<never>> | undefined> {
  return (await openOperations(access.ledger)).find(
    ({ value }) => value.kind === "done" && value.subject.agent === access.actor && isAbandoned(value),
  );
}

async function begin(
  access: TownAccess,
  rig: Rig,
  request: DoneRequest,
): Promise<Omit<DoneReport, "resumed">> {
  const agent = await requireAgent(access);
  const repeated = await repeatedDone(access, rig, agent, request);
  if (repeated !== undefined) return repeated;
  const scene = await observe(access, rig, agent, request);
  const { bead } = scene;
  const warnings = [...scene.warnings];
  const gate = request.exit === "PHASE_COMPLETE" ? await openGate(access, request.gate) : undefined;
  let route = bead === undefined ? ("nothing" as const) : routeOf(bead, strategySetting(access, rig));
  if (request.exit === "COMPLETED") {
    const check = checkCompleted(scene.facts);
    warnings.push(...check.warnings);
    if (check.verdict === "lost") return leaveLostHook(access, rig, agent, scene);
    if (check.verdict === "nothing") route = route === "review-only" ? route : "nothing";
  }
  if (agent.state === "stuck" || agent.state === "paused")
    throw new GtError("E_STATE", `${agent.address} is ${agent.state}: its work waits until it is resumed`, {
      hint: `gt hook resume ${agent.address}`,
    });
  if (request.exit === "PHASE_COMPLETE" && !scene.facts.hasWorktree) throw noWorktree();
  if (bead === undefined) throw noIssue();
  const state = nextState(agent.address, agent.state, "done-started");
  const journal = await OperationJournal.begin<DoneData>(access, {
    kind: "done",
    subject: { agent: agent.address, bead: bead.id, rig: rig.name },
    step: "intent",
    data: {
      exit: request.exit,
      bead: bead.id,
      worktree: scene.worktree,
      hasWorktree: scene.facts.hasWorktree,
      branch: scene.facts.branch ?? agent.branch,
      ...(scene.facts.branch === undefined ? { isDetached: true } : {}),
      head: "",
      target: scene.facts.target,
      route,
      ...(["pr", "no-merge"].includes(route) && strategyOf(bead, strategySetting(access, rig)) === "pr"
        ? { wantsPullRequest: true }
        : {}),
      message: request.message ?? "",
      ...(request.isTold === true ? { isTold: true } : {}),
      ...(gate === undefined ? {} : { gate }),
      priority: request.priority ?? null,
      isPreVerified: request.preVerified === true,
      push: "skipped",
      mr: "",
      session: request.session ?? "",
      warnings,
    },
    operations: [
      {
        op: "expectAgent",
        address: agent.address,
        expected: { state: agent.state, hookBead: agent.hookBead },
      },
      { op: "setAgent", address: agent.address, fields: { state } },
    ],
  });
  return carryOutDone(access, rig, journal);
}

/** The gate to wait for; `E_GATE` when there is nothing to wait for. */
async function openGate(access: TownAccess, id: string | undefined): Promise<string> {
  const gate = id === undefined ? undefined : await access.ledger.get(id);
  if (gate?.type !== "gate")
    throw new GtError("E_GATE", `${id ?? "nothing"} is not a gate: say with --gate what is waited for`, {
      hint: "bd gate list",
    });
  if (gate.status === "closed")
    throw new GtError("E_GATE", `${gate.id} is open already: go on`, { hint: "gt mol current" });
  return gate.id;
}

interface Scene {
  readonly bead: Bead | undefined;
  readonly worktree: string;
  readonly facts: Parameters<typeof checkCompleted>[0];
  readonly warnings: readonly string[];
}

/** Looks at hook, worktree and branch (spec/04 §5.2). Nothing is changed but the remote's refs. */
async function observe(access: TownAccess, rig: Rig, agent: Agent, request: DoneRequest): Promise<Scene> {
  const parsed = parseAddress(agent.address);
  const worktree = (parsed && agentHome(access.town, parsed)) ?? "";
  const hasWorktree = await isValidWorktree(worktree);
  const current = hasWorktree ? await currentBranch(worktree) : undefined;
  const branch = current ?? (hasWorktree ? undefined : agent.branch || undefined);
  const bead = await beadOfWork(access, agent, request.issue, branch);
  const warnings: string[] = [];
  const offline = hasWorktree ? await freshenOrigin(access, rig) : undefined;
  if (offline !== undefined) warnings.push(offline);
  const target = await targetOf(access, rig, bead, request);
  const counts = hasWorktree
    ? await aheadBehind(worktree, await baseRevision(rig, target), "HEAD")
    : { ahead: 0, behind: 0 };
  const isChanged = hasWorktree && (await hasChanges(rig, worktree));
  const isEmpty = branch !== undefined && counts.ahead === 0 && !isChanged;
  return {
    bead,
    worktree,
    warnings,
    facts: {
      address: agent.address,
      bead,
      hasWorktree,
      branch,
      defaultBranch: rig.defaultBranch,
      target,
      operation: hasWorktree ? operationOf(worktree) : undefined,
      ...counts,
      hasChanges: isChanged,
      submitted: isEmpty && hasWorktree ? await submittedAs(access, worktree, branch) : undefined,
      unfinishedSteps: bead === undefined ? [] : await unfinishedSteps(access, bead),
      isReportOnly: request.isReportOnly === true,
      ...(request.hasNoOutput === true ? {} : missingOutput(bead)),
    },
  };
}

/** The branch that the work is for (spec/04 §5.5). Only work that is completed must have one that is there. */
async function targetOf(
  access: TownAccess,
  rig: Rig,
  bead: Bead | undefined,
  request: DoneRequest,
): Promise<string> {
  const wish = request.target === undefined ? {} : { target: request.target };
  const target =
    bead === undefined
      ? (request.target ?? rig.defaultBranch)
      : await resolveTarget(queueContext(access, rig), bead, wish);
  try {
    await expectBase(access, rig, target);
    return target;
  } catch (error) {
    if (request.exit === "COMPLETED") throw error;
    return rig.defaultBranch;
  }
}

/** What became of the request with which the branch was handed in as it is now. */
async function submittedAs(
  { ledger }: TownAccess,
  worktree: string,
  branch: string,
): Promise<"open" | "closed" | undefined> {
  const head = (await resolveCommit(worktree, "HEAD")) ?? "";
  const same = { "mr.branch": branch, "mr.commit_sha": head };
  const requests = await ledger.find({ type: "merge-request", metadata: same });
  if (requests.length === 0) return undefined;
  return requests.some(({ status }) => status !== "closed") ? "open" : "closed";
}

/** A leg that only looks at something owes a file. */
function missingOutput(bead: Bead | undefined): { readonly missingOutput?: string } {
  const leg = bead === undefined ? undefined : legOf(bead);
  const isMissing = leg?.review_only === true && !existsSync(leg.output_path);
  return isMissing ? { missingOutput: leg.output_path } : {};
}

/** `--issue`, else the bead on the hook, else the one that the branch is named for. */
async function beadOfWork(
  access: TownAccess,
  agent: Agent,
  issue: string | undefined,
  branch: string | undefined,
): Promise<Bead | undefined> {
  if (issue !== undefined && agent.hookBead !== "" && issue !== agent.hookBead)
    throw new GtError("E_ISSUE_MISMATCH", `${agent.hookBead} is on the hook, not ${issue}`, {
      hint: `gt done --issue ${agent.hookBead}`,
    });
  const parsed = branch === undefined ? undefined : parseBranchName(branch);
  const id = issue ?? (agent.hookBead || parsed?.bead);
  if (id === undefined) return undefined;
  const bead = await access.ledger.get(id);
  if (bead === undefined && issue !== undefined)
    throw new GtError("E_BEAD_NOT_FOUND", `no bead ${issue}`, { hint: "gt hook" });
  return bead;
}

/** The bead was given to somebody else: what was done is kept as a pushed branch, and the polecat is free. */
async function leaveLostHook(access: TownAccess, rig: Rig, agent: Agent, scene: Scene): Promise<never> {
  const isPushed = scene.facts.branch !== undefined && (await pushBestEffort(rig, agent, scene.worktree));
  if (agent.state === "working")
    await access.ledger.write(access.actor, [
      {
        op: "expectAgent",
        address: agent.address,
        expected: { state: agent.state, hookBead: agent.hookBead },
      },
      {
        op: "setAgent",
        address: agent.address,
        fields: {
          state: nextState(agent.address, agent.state, "unhooked"),
          hookBead: "",
          hookState: "archived",
        },
      },
      assignmentEvent(agent, "archived", { reason: "the bead was given to somebody else" }),
    ]);
  throw new GtError(
    "E_HOOK_LOST",
    `${scene.bead?.id} is not yours any more; it belongs to ${scene.bead?.assignee || "nobody"}`,
    {
      why: [
        isPushed
          ? `your branch ${scene.facts.branch} was pushed and is not lost`
          : `your branch ${scene.facts.branch ?? ""} is kept in the worktree`,
      ],
      hint: "gt hook",
    },
  );
}

async function requireAgent(access: TownAccess): Promise<Agent> {
  const agent = await access.ledger.agent(access.actor);
  if (agent !== undefined) return agent;
  throw new GtError("E_AGENT_NOT_FOUND", `no polecat ${access.actor}`, { hint: "gt polecat list" });
}

function strategySetting(access: TownAccess, rig: Rig): string {
  // A rig without a shared remote has nothing to merge into but its own branches; the queue does that, too.
  return textSetting(access.town.rigSettings(rig.name), "merge_queue.merge_strategy");
}
