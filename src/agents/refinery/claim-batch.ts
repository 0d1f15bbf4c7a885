import { crashPoint } from "../../core/crash-point.ts";
import { moveRef, resolveCommit } from "../../core/git/branch.ts";
import { allBranches } from "../../core/git/stack.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { WaitingRequest } from "../../core/merge/open-requests.ts";
import type { StackedItem, StackRefusal } from "../../core/merge/queue-state.ts";
import { buildStack, type StackMember } from "./build-stack.ts";
import { observe } from "./finalise.ts";
import type { QueueContext } from "./queue-context.ts";
import { writeRunRefs } from "./recover-runs.ts";
import { type LandingCommit, putRun, type RunRecord } from "../../core/merge/run-record.ts";
import { newRun, type RunWriter } from "./run-writer.ts";
import { isKnownGreen } from "./verdict-store.ts";

/** Claims the members for a new run: one transaction for the whole batch (spec/05 §1.2 transition 3). */
export async function claimBatch(
  context: QueueContext,
  run: { readonly id: string; readonly target: string; readonly base: string },
  members: readonly WaitingRequest[],
): Promise<RunRecord> {
  const { ledger, clock } = context.access;
  const record = newRun(
    {
      ...run,
      rig: context.rig.name,
      ids: members.map(({ mr }) => mr.id),
      strategy: members[0]?.mr.strategy ?? "mr",
    },
    clock.now(),
  );
  const claims = members.flatMap(({ mr }): readonly Operation[] => [
    { op: "expect", id: mr.id, expected: { rev: mr.rev, status: "open" } },
    {
      op: "update",
      id: mr.id,
      fields: {
        status: "in_progress",
        assignee: context.actor,
        metadata: { mr: { phase: "running", run: run.id, phase_reason: null, hold_until: null } },
      },
    },
    {
      op: "event",
      event: {
        type: "merge_started",
        payload: {
          mr: mr.id,
          branch: mr.branch,
          worker: mr.worker,
          bead: mr.sourceIssue,
          batch: run.id,
          rig: context.rig.name,
        },
      },
    },
  ]);
  const started: Operation = {
    op: "event",
    event: {
      type: "batch_started",
      payload: { batch: run.id, mrs: record.ids, target: run.target, rig: context.rig.name },
    },
  };
  await ledger.write(context.actor, [...claims, ...putRun(record), ...(members.length > 0 ? [started] : [])]);
  crashPoint("mq.claimed");
  return record;
}

/** Builds the stack of a claimed batch and records it (spec/05 §2.4). */
export async function stackBatch(
  context: QueueContext,
  writer: RunWriter,
  members: readonly WaitingRequest[],
): Promise<{ readonly items: readonly StackedItem[]; readonly out: readonly StackRefusal[] }> {
  const { rig, settings } = context;
  const { run } = writer;
  await restoreBranches(context, members);
  const { items, out } = await buildStack(rig.repository, run.base, members.map(toStackMember), {
    style: settings.style,
    trailers: settings.trailers,
    sign: settings.sign,
  });
  await writeRunRefs(
    rig.repository,
    run.id,
    items.map((item) => item.landing),
  );
  await writer.update(
    (before) => ({ ...before, state: "stacked", items }),
    items.map(
      (item): Operation => ({
        op: "update",
        id: item.id,
        // An item that changes nothing has somebody else's commit: finding that one would prove nothing.
        fields: { metadata: { mr: { landing_sha: item.kind === "commit" ? item.landing : null } } },
      }),
    ),
  );
  crashPoint("mq.stacked");
  await observe(context, "batch_stacked", {
    batch: run.id,
    ok: items.length,
    conflicts: out.filter((each) => each.kind === "conflict").length,
    deferred: out.filter((each) => each.kind === "deferred").length,
  });
  return { items: await Promise.all(items.map((item) => withVerdict(context, item))), out };
}

function toStackMember({ mr, source, blockedBy }: WaitingRequest): StackMember {
  return { mr, title: source?.title ?? mr.title, dependsOn: blockedBy };
}

async function withVerdict(context: QueueContext, item: LandingCommit): Promise<StackedItem> {
  const isKnown = await isKnownGreen(context, item.tree);
  return {
    id: item.id,
    landing: item.landing,
    tree: item.tree,
    ...(isKnown ? { known: "green" as const } : {}),
  };
}

/** Branches whose ref was lost while their commit is still there (spec/05 §2.10). */
async function restoreBranches(context: QueueContext, members: readonly WaitingRequest[]): Promise<void> {
  const { repository } = context.rig;
  const refs = await allBranches(repository);
  const lost = members.filter(
    ({ mr }) =>
      mr.branch !== "" &&
      !refs.has(`refs/heads/${mr.branch}`) &&
      !refs.has(`refs/remotes/origin/${mr.branch}`),
  );
  for (const { mr } of lost) {
    if ((await resolveCommit(repository, mr.commitSha)) === undefined) continue;
    if (await moveRef(repository, `refs/heads/${mr.branch}`, mr.commitSha, undefined))
      await context.access.ledger.write(context.actor, [
        {
          op: "event",
          event: {
            type: "branch_restored",
            payload: { branch: mr.branch, commit: mr.commitSha, mr: mr.id, rig: context.rig.name },
          },
        },
      ]);
  }
}
