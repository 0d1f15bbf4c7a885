import { clearCounter } from "../../core/convoys/mountain.ts";
import { raising } from "../../core/escalation/raise.ts";
import { resolveCommit } from "../../core/git/branch.ts";
import { type Submission, submission } from "../../core/merge/submit.ts";
import type { Agent, Bead } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { tellingRole } from "../../core/mail/role-message.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { droppingMolecule, endingMolecule } from "./attached-molecule.ts";
import { attachmentOf, type MergeStrategy } from "./attachment.ts";
import { mountainFailure } from "./count-bead-failure.ts";
import { uncheckedCriteria } from "./done-check.ts";
import type { DoneData } from "./done-data.ts";
import { recordingOutput } from "./leg-output.ts";
import { baseRevision } from "./polecat-worktree.ts";
import { reviewNotice } from "./review-notice.ts";
import { gateReason, suspensionRow } from "./suspension.ts";

export interface DoneResult {
  readonly mr: string;
  readonly operations: readonly Operation[];
}

/** The batch of the steps `submit` and `record`: what becomes of the bead, and what is told about it (spec/04 §5.3). */
export async function recordDone(
  access: TownAccess,
  parts: { readonly rig: Rig; readonly agent: Agent; readonly bead: Bead; readonly data: DoneData },
): Promise<DoneResult> {
  const { rig, agent, bead, data } = parts;
  const result = await resultOf(access, parts);
  const now = access.clock.now();
  return {
    mr: result.mr,
    operations: [
      ...(await moleculeEnd(access, bead, data)),
      ...(data.exit === "COMPLETED" ? recordingOutput(bead) : []),
      ...result.operations,
      // Whoever looks at the work finds the page on which it is discussed.
      ...(data.pullRequest === undefined
        ? []
        : [{ op: "update", id: bead.id, fields: { metadata: { pr_url: data.pullRequest.url } } } as const]),
      ...reviewNotice(access, parts),
      ...(stays(data)
        ? []
        : [{ op: "update", id: bead.id, fields: { metadata: { recovery: null } } } as const]),
      {
        op: "setAgent",
        address: agent.address,
        fields: {
          exitType: data.exit,
          mrId: result.mr,
          mrFailed: false,
          pushFailed: data.push === "failed",
          completionTime: now,
          cleanupStatus: "clean",
          lastOp: "",
        },
      },
      {
        op: "event",
        event: {
          type: "done",
          payload: {
            bead: bead.id,
            branch: data.branch,
            exit_type: data.exit,
            rig: rig.name,
            ...(result.mr === "" ? {} : { mr: result.mr }),
          },
        },
      },
      {
        op: "event",
        event: {
          type: "polecat_done",
          payload: {
            polecat: agent.name,
            bead: bead.id,
            exit: data.exit,
            rig: rig.name,
            ...(result.mr === "" ? {} : { mr: result.mr }),
          },
        },
      },
      ...tellRoles(access, parts, result.mr),
    ],
  };
}

/** Witness and Refinery hear of the end of the assignment and of the request (spec/04 §9.4). */
function tellRoles(
  access: TownAccess,
  { rig, agent, bead, data }: Parameters<typeof recordDone>[1],
  mr: string,
): readonly Operation[] {
  const shared = { from: agent.address, rig: rig.name };
  const { convoy_id: convoy, convoy_owned: isOwned, merge_strategy: strategy } = attachmentOf(bead);
  return [
    ...tellingRole(access, {
      ...{ ...shared, to: `${rig.name}/witness`, subject: `POLECAT_DONE ${agent.name}` },
      values: {
        ...{ Exit: data.exit, Issue: bead.id, MR: mr, Branch: data.branch, Gate: data.gate },
        ...{ ConvoyID: convoy, ConvoyOwned: isOwned === true ? "true" : "", MergeStrategy: strategy },
        PushFailed: data.push === "failed" ? "true" : "",
      },
    }),
    ...(mr === ""
      ? []
      : tellingRole(access, {
          ...{ ...shared, to: `${rig.name}/refinery`, subject: `MERGE_READY ${agent.name}` },
          values: {
            ...{ Branch: data.branch, Polecat: agent.name, Rig: rig.name, Issue: bead.id, MR: mr },
            Verified: data.isPreVerified ? "true" : "",
          },
        })),
  ];
}

/** The work stays on the hook: it goes on later. */
const stays = ({ exit }: DoneData): boolean => exit === "ESCALATED" || exit === "PHASE_COMPLETE";

/** The steps come to their end before the bead does. Work that somebody must help with goes on by them later. */
async function moleculeEnd(access: TownAccess, bead: Bead, data: DoneData): Promise<readonly Operation[]> {
  if (stays(data)) return [];
  return data.exit === "DEFERRED"
    ? droppingMolecule(access.ledger, bead, "deferred")
    : endingMolecule(access, bead);
}

async function resultOf(
  access: TownAccess,
  { rig, agent, bead, data }: Parameters<typeof recordDone>[1],
): Promise<DoneResult> {
  if (data.exit === "DEFERRED") return { mr: "", operations: defer(agent, bead, data) };
  if (data.exit === "PHASE_COMPLETE") return { mr: "", operations: await awaitGate(access, agent, data) };
  if (data.exit === "ESCALATED") {
    const reason = data.message || "escalated";
    const failure = (await mountainFailure(access, bead.id, reason)) ?? [];
    const isTriedAgain = failure.length > 0 && !failure.some((operation) => operation.op === "update");
    const end = isTriedAgain ? tryAgain(agent, bead, reason) : await escalate(access, agent, bead, data);
    return { mr: "", operations: [...end, ...failure] };
  }
  switch (data.route) {
    case "mr":
    case "pr": {
      const submitted = await submit(access, { rig, agent, bead, data });
      return { mr: submitted.mr, operations: submitted.operations };
    }
    case "direct":
      return { mr: "", operations: close(bead, `merged directly to ${data.target}`) };
    case "local":
      return { mr: "", operations: leaveForPerson(bead, "gt:local-branch", data) };
    case "no-merge":
      return { mr: "", operations: leaveForPerson(bead, "gt:needs-review", data) };
    case "review-only":
      return { mr: "", operations: close(bead, "reviewed") };
    case "nothing":
      return {
        mr: "",
        operations:
          uncheckedCriteria(bead) > 0
            ? [
                { op: "update", id: bead.id, fields: { status: "open", assignee: "" } },
                { op: "addLabel", id: bead.id, label: "gt:needs-review" },
              ]
            : close(bead, "completed without code changes"),
      };
  }
}

async function submit(
  access: TownAccess,
  { rig, agent, bead, data }: Parameters<typeof recordDone>[1],
): Promise<Submission> {
  // The gates passed on top of the target as it was known here; whether that still holds is the queue's to say.
  const base = data.isPreVerified
    ? await resolveCommit(rig.repository, await baseRevision(rig, data.target))
    : undefined;
  return submission(access, {
    rig,
    branch: data.branch,
    commitSha: data.head,
    target: data.target,
    sourceIssue: bead.id,
    worker: { name: agent.name, address: agent.address, agentBead: agent.id },
    ...(data.priority === null ? {} : { priority: data.priority }),
    strategy: data.route === "pr" ? "pr" : "mr",
    uncheckedCriteria: uncheckedCriteria(bead),
    ...(data.pullRequest === undefined ? {} : { pullRequest: data.pullRequest }),
    ...(base === undefined ? {} : { preVerified: { at: access.clock.now(), base } }),
  });
}

const close = (bead: Bead, reason: string): readonly Operation[] => [
  ...clearCounter(bead),
  { op: "close", id: bead.id, close: { reason, outcome: "success", force: true } },
];

/** A branch that a person takes from here: in progress, in nobody's hands. */
const leaveForPerson = (bead: Bead, label: string, data: DoneData): readonly Operation[] => [
  {
    op: "update",
    id: bead.id,
    fields: { status: "in_progress", assignee: "", metadata: { prior_branch: data.branch } },
  },
  { op: "addLabel", id: bead.id, label },
];

/** Who waits is told at the gate; what wakes the polecat is the row, which says for which one. */
async function awaitGate(
  { ledger, clock }: TownAccess,
  agent: Agent,
  { gate = "", bead }: DoneData,
): Promise<readonly Operation[]> {
  const waiters = (await ledger.get(gate))?.waiters ?? [];
  return [
    { op: "expect", id: gate, expected: { exists: true } },
    ...(waiters.includes(agent.address)
      ? []
      : [{ op: "update", id: gate, fields: { waiters: [...waiters, agent.address] } } as const]),
    {
      op: "putRow",
      ...suspensionRow(agent.address),
      value: { reason: `${gateReason}${gate}`, since: clock.now() },
    },
    { op: "event", event: { type: "phase_complete", payload: { agent: agent.address, gate, bead } } },
  ];
}

/** A mountain goes on by itself: only when it gives the bead up is anybody asked (spec/05 §8.2). */
const tryAgain = (agent: Agent, bead: Bead, reason: string): readonly Operation[] => [
  { op: "update", id: bead.id, fields: { status: "open", assignee: "" } },
  { op: "comment", id: bead.id, text: reason, author: agent.address },
];

/** The bead is anyone's again; whoever takes it begins where this attempt ended. */
function defer(agent: Agent, bead: Bead, data: DoneData): readonly Operation[] {
  const note =
    data.message === "" ? `deferred by ${agent.address}` : `deferred by ${agent.address}: ${data.message}`;
  return [
    {
      op: "update",
      id: bead.id,
      fields: {
        status: "open",
        assignee: "",
        notes: bead.notes === "" ? note : `${bead.notes}\n${note}`,
        metadata: {
          prior_branch: data.branch === "" ? null : data.branch,
          prior_head: data.head === "" ? null : data.head,
        },
      },
    },
  ];
}

/** The bead stays with the agent, blocked, and somebody is told (spec/04 §5.1). */
async function escalate(
  access: TownAccess,
  agent: Agent,
  bead: Bead,
  data: DoneData,
): Promise<readonly Operation[]> {
  const reason = data.message === "" ? `${agent.address} cannot go on with ${bead.id}` : data.message;
  const blocked: readonly Operation[] = [
    { op: "update", id: bead.id, fields: { status: "blocked", assignee: agent.address } },
    { op: "addLabel", id: bead.id, label: "gt:escalated" },
    {
      op: "putRow",
      ...suspensionRow(agent.address),
      value: { reason: reason.split("\n")[0] ?? "", since: access.clock.now() },
    },
    { op: "comment", id: bead.id, text: reason, author: agent.address },
  ];
  if (data.isTold === true) return blocked;
  const raised = await raising(access, {
    title: `${bead.id}: ${reason.split("\n")[0]?.slice(0, 200) ?? ""}`,
    reason,
    severity: data.priority === 0 ? "critical" : "high",
    by: agent.address,
    source: `done:${bead.id}`,
    related: bead.id,
    same: "source",
    event: { target: agent.address, bead: bead.id, rig: agent.rig },
  });
  return [...blocked, ...raised.operations];
}

/** The strategy that decides the route of completed work: bead, else its convoy's, else the rig's (spec/04 §5.5). */
export function routeOf(bead: Bead, rigStrategy: string): DoneData["route"] {
  const attachment = attachmentOf(bead);
  if (attachment.review_only === true) return "review-only";
  if (attachment.no_merge === true) return "no-merge";
  return strategyOf(bead, rigStrategy);
}

/** The strategy alone, whether or not the work is to be merged. */
export function strategyOf(bead: Bead, rigStrategy: string): MergeStrategy {
  const attachment = attachmentOf(bead);
  const strategy = attachment.merge_strategy ?? rigStrategy;
  return strategy === "local" ||
    strategy === "pr" ||
    (strategy === "direct" && attachment.merge_strategy === "direct")
    ? strategy
    : "mr";
}
