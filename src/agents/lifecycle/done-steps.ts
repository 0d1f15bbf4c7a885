import { resolveCommit } from "../../core/git/branch.ts";
import { crashPoint } from "../../core/crash-point.ts";
import { isDiskFull } from "../../core/disk-full.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { unreadMail } from "../../core/mail/mailbox.ts";
import { roleMail } from "../../core/mail/role-message.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { assignmentEvent } from "./assignment-event.ts";
import { type AgentTrigger, isHookTransition, nextState } from "./agent-transition.ts";
import { droppingCheckpoint } from "./checkpoint.ts";
import { refusedByGates } from "./direct-gates.ts";
import type { DoneData, DoneExit, DoneReport } from "./done-data.ts";
import {
  autosave,
  type DonePlace,
  keepDetached,
  keepUnexpected,
  pushBranch,
  pushToTarget,
  scrub,
  syncSandbox,
} from "./done-git.ts";
import { recordDone } from "./done-record.ts";
import { openPullRequest } from "./open-pull-request.ts";
import type { OperationJournal } from "./operation-record.ts";

type Journal = OperationJournal<DoneData>;

const steps = ["intent", "autosave", "scrub", "push", "submit", "sync", "idle"] as const;
type Step = (typeof steps)[number];
const submitAttempts = 3;

/**
 * Does the steps to the end (spec/04 §5.3), from the one that was begun last once the work is handed in. Before that all of
 * them are done again: the agent may have gone on in between. An error takes the polecat back to work.
 */
export async function carryOutDone(
  access: TownAccess,
  rig: Rig,
  journal: Journal,
): Promise<Omit<DoneReport, "resumed">> {
  const begun = Math.max(0, steps.indexOf(journal.record.step as Step));
  const first = isHandedIn(journal) ? begun : Math.min(begun, steps.indexOf("autosave"));
  for (const step of steps.slice(first)) {
    try {
      if (journal.record.step !== step) await journal.step(step);
      await perform(access, rig, journal, step);
    } catch (error) {
      // Past the batch nothing may take the work back: what remains is gone on with by recovery.
      if (isHandedIn(journal)) {
        await journal.leave(error instanceof Error ? error.message : String(error));
        throw error;
      }
      await abort(access, rig, journal, error);
      throw step === "submit" ? notSubmitted(error, journal.data.branch) : error;
    }
    crashPoint(`done.${step}.done`);
  }
  const { data } = journal;
  const agent = await access.ledger.agent(journal.record.subject.agent);
  const priority = data.mr === "" ? undefined : (await access.ledger.get(data.mr))?.priority;
  return {
    exit: data.exit,
    issue: data.bead,
    branch: data.branch,
    head: data.head,
    target: data.target,
    mr: data.mr,
    ...(priority === undefined ? {} : { priority }),
    strategy: data.route,
    push: data.push,
    state: agent?.state ?? "idle",
    warnings: [...new Set(data.warnings)],
  };
}

async function perform(access: TownAccess, rig: Rig, journal: Journal, step: Step): Promise<void> {
  switch (step) {
    case "intent":
      return;
    case "autosave":
      return save(access, await placeOf(access, rig, journal), journal);
    case "scrub":
      return hasBranch(journal.data) && journal.data.exit !== "PHASE_COMPLETE"
        ? scrub(access, await placeOf(access, rig, journal))
        : undefined;
    case "push":
      return push(access, await placeOf(access, rig, journal), journal);
    case "submit":
      return submit(access, await placeOf(access, rig, journal), journal);
    case "sync":
      return sync(access, await placeOf(access, rig, journal), journal);
    case "idle":
      return finish(await placeOf(access, rig, journal), journal);
  }
}

async function placeOf(access: TownAccess, rig: Rig, journal: Journal): Promise<DonePlace> {
  const { agent: address } = journal.record.subject;
  const agent = await access.ledger.agent(address);
  if (agent === undefined) throw new GtError("E_AGENT_NOT_FOUND", `no polecat ${address}`);
  return { rig, agent, data: journal.data };
}

const triggers: Readonly<Record<DoneExit, AgentTrigger>> = {
  COMPLETED: "done-finished",
  DEFERRED: "done-finished",
  ESCALATED: "escalated",
  PHASE_COMPLETE: "phase-complete",
};

/** The work stays on the hook. */
const isUnfinished = ({ exit }: DoneData): boolean => exit === "ESCALATED" || exit === "PHASE_COMPLETE";

const hasBranch = (data: DoneData): boolean =>
  data.hasWorktree && data.branch !== "" && data.isDetached !== true;

/** Past the batch: what becomes of the work is decided, whatever the worktree stands on. */
export const isHandedIn = ({ record }: Journal): boolean =>
  steps.indexOf(record.step as Step) > steps.indexOf("submit");

async function save(access: TownAccess, place: DonePlace, journal: Journal): Promise<void> {
  if (!journal.data.hasWorktree) return;
  const warnings = await autosave(access, place);
  await journal.step("scrub", { warnings: [...journal.data.warnings, ...warnings] });
}

/** What does not go to the remote at all, and what may fail on its way there. */
async function push(access: TownAccess, place: DonePlace, journal: Journal): Promise<void> {
  const { data } = journal;
  // Work that waits goes on where it is.
  if (!data.hasWorktree || data.exit === "PHASE_COMPLETE") return;
  if (!hasBranch(data)) {
    const { head, warnings } = await keepDetached(place);
    await journal.step("submit", { head, warnings: [...data.warnings, ...warnings] });
    return;
  }
  const isLocal = data.exit === "COMPLETED" && ["local", "review-only", "nothing"].includes(data.route);
  const outcome = isLocal
    ? { push: "skipped" as const, head: await headOf(place), reason: "" }
    : await pushBranch(place);
  let { route } = data;
  const warnings = [...data.warnings];
  if (isLocal && route === "review-only") warnings.push(...(await keepUnexpected(place, outcome.head)));
  if (outcome.push === "failed") {
    if (data.exit === "COMPLETED")
      throw new GtError(
        "E_PUSH",
        `cannot push ${data.branch}: ${outcome.reason || "the remote does not have it"}`,
        {
          why: ["nothing was submitted; the work stays on your hook"],
          hint: "gt done",
          details: { branch: data.branch },
        },
      );
    warnings.push(`${data.branch} could not be pushed; it is kept in ${place.rig.repository}`);
  } else if (data.exit === "COMPLETED" && route === "direct") {
    const direct = (await refusedByGates(access, place)) ?? (await pushToTarget(place, outcome.head));
    if (direct.result === "refused") {
      warnings.push(`${direct.reason}; submitted to the merge queue instead`);
      route = "mr";
    }
  }
  const bead = await access.ledger.get(data.bead);
  const wantsPullRequest =
    data.exit === "COMPLETED" && data.wantsPullRequest === true && outcome.push === "pushed";
  const opened =
    wantsPullRequest && bead !== undefined
      ? await openPullRequest(access, place, { bead, head: outcome.head })
      : { warnings: [] };
  warnings.push(...opened.warnings);
  await journal.step("submit", { ...opened, push: outcome.push, head: outcome.head, route, warnings });
}

async function headOf({ data }: DonePlace): Promise<string> {
  return (await resolveCommit(data.worktree, "HEAD")) ?? "";
}

/** `submit` and `record`: one batch, in which the operation also gets to `sync`. */
async function submit(access: TownAccess, place: DonePlace, journal: Journal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const bead = await access.ledger.get(journal.data.bead);
    if (bead === undefined) throw new GtError("E_BEAD_NOT_FOUND", `no bead ${journal.data.bead}`);
    const { mr, operations } = await recordDone(access, { ...place, bead, data: journal.data });
    try {
      await journal.step("sync", { mr }, operations);
      return;
    } catch (error) {
      // The queue moved an earlier request of the same bead between the look and the write: look again.
      const isRace = error instanceof GtError && error.code === "E_CONFLICT";
      if (!isRace || attempt === submitAttempts) throw error;
    }
  }
}

async function sync(access: TownAccess, place: DonePlace, journal: Journal): Promise<void> {
  const { data } = journal;
  // An escalated branch stays where it is: whoever helps looks at it there. One that waits goes on there.
  if (isUnfinished(data) || !data.hasWorktree) return;
  const warnings = await syncSandbox(access, place);
  await journal.step("idle", { warnings: [...data.warnings, ...warnings] });
}

async function finish({ agent }: DonePlace, journal: Journal): Promise<void> {
  const { data } = journal;
  const hookState = isUnfinished(data) ? "suspended" : data.exit === "DEFERRED" ? "archived" : "completed";
  const operations: Operation[] = [
    {
      op: "setAgent",
      address: agent.address,
      fields: {
        state: nextState(agent.address, agent.state, triggers[data.exit]),
        // The queue may have landed the work already and archived the hook.
        ...(isHookTransition(agent.hookState, hookState) ? { hookState } : {}),
        ...(isUnfinished(data) ? {} : { hookBead: "" }),
      },
    },
    ...(isUnfinished(data) ? [] : [droppingCheckpoint(agent.address)]),
    assignmentEvent(agent, hookState, { bead: data.bead, reason: data.exit }),
  ];
  await journal.finish(operations);
}

/** Takes an interrupted one back as if it had not begun. */
export async function discardDone(access: TownAccess, rig: Rig, journal: Journal): Promise<void> {
  const why = `the worktree does not stand on ${journal.data.branch || "no branch"} any more`;
  await abort(access, rig, journal, new GtError("E_STATE", why));
}

/** Before the batch an error means: nothing was handed in, the polecat works on (spec/04 §1.4 row 6). */
async function abort(access: TownAccess, rig: Rig, journal: Journal, error: unknown): Promise<void> {
  const { agent: address } = journal.record.subject;
  const agent: Agent | undefined = await access.ledger.agent(address);
  const isPush = error instanceof GtError && error.code === "E_PUSH";
  await journal.finish([
    ...(agent?.state === "done"
      ? [
          {
            op: "setAgent",
            address,
            fields: {
              state: nextState(address, "done", "done-aborted"),
              pushFailed: isPush,
              mrFailed: journal.record.step === "submit" && !isPush,
            },
          } as const satisfies Operation,
        ]
      : []),
    {
      op: "event",
      event: {
        type: "done_failed",
        payload: {
          polecat: agent?.name ?? address,
          bead: journal.data.bead,
          error: error instanceof Error ? error.message : String(error),
          rig: rig.name,
        },
      },
    },
    ...(isPush ? await tellOfFailedPush(access, address, journal.data, error.message) : []),
  ]);
}

/** Finished work is not on the remote yet: the mayor has it in the inbox, once as long as nobody has read it. */
async function tellOfFailedPush(
  access: TownAccess,
  from: string,
  data: DoneData,
  error: string,
): Promise<readonly Operation[]> {
  const subject = `PUSH_FAILED ${from}`;
  const values = { Branch: data.branch, Issue: data.bead, Error: error };
  const unread = await unreadMail(access.ledger, "mayor/");
  if (unread.some((mail) => mail.subject === subject && mail.from === from)) return [];
  return roleMail(access.random, { from, to: "mayor/", subject, values });
}

function notSubmitted(error: unknown, branch: string): GtError {
  if (error instanceof GtError && (error.code === "E_PUSH" || isDiskFull(error))) return error;
  return new GtError("E_MR", `${branch} is pushed, but could not be submitted; the work stays on your hook`, {
    why: [error instanceof Error ? error.message : String(error)],
    hint: "gt done",
  });
}
