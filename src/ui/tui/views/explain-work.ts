import { formatSpan } from "../../../core/duration.ts";
import type { ConvoyState } from "../../../core/convoys/convoy-state.ts";
import type { ConvoyView, TrackedView } from "../../../core/convoys/convoy-view.ts";
import type { QueueStatus } from "../../../core/merge/queue-view.ts";
import type { BeadGroup, BeadHold, BeadRow, InboxRow, QueueRow } from "../store/town-data.ts";
import type { Detail } from "./detail.ts";
import { sentence } from "./format.ts";

/** What a state means, the rule by which it is one, and what can be done. */
type Words = readonly [meaning: string, rule: string, remedy: string];

const beadStates: Readonly<Record<BeadGroup, Words>> = {
  ready: [
    "Nothing stands in its way; it waits for somebody to take it.",
    "It is open, and all that it needs is closed.",
    "Sling it (s), or put it into a convoy: a convoy gives out its ready beads by itself.",
  ],
  "in progress": [
    "It is on somebody's hook; that agent works on it now.",
    "Its status is hooked or in_progress.",
    "Nothing. Open the agent to watch.",
  ],
  blocked: [
    "It waits for other beads, which are not closed yet. It becomes ready by itself.",
    "Something that it needs is not closed.",
    "Close or sling what it waits for, or take the dependency away: bd dep remove.",
  ],
  deferred: [
    "It was put off and is not given out before its time.",
    "Its status is deferred, or the time until which it was put off has not come.",
    "bd undefer <bead> makes it ready.",
  ],
  closed: [
    "It is done, or was given up.",
    "Its status is closed. Its history says by whom.",
    "bd reopen <bead> if it is not done after all.",
  ],
};

/** What holds a bead says more than the group that it is in. */
const beadHolds: Readonly<Record<BeadHold, Words>> = {
  "asks for help": [
    "Its agent cannot go on with it by itself and called for help.",
    "The agent said so with gt done or gt escalate; the work rests on its hook.",
    "Read the escalation (i), help, then gt hook resume <agent>; or give it to another: gt unsling <bead>.",
  ],
  skipped: [
    "It failed so often, or by hand was said to wait, that its mountain goes on without it.",
    "It is labelled mountain:skipped.",
    "Look at its history; then gt mountain retry <bead>.",
  ],
  "failed too often": [
    "It failed so often that it is not given out by itself any more.",
    "Its agents died or gave up again and again, or no agent could be started for it.",
    "Look at its history; then gt sling respawn-reset <bead>.",
  ],
};

/** In plain words: what a bead's state means, why it is so, since when, and what can be done. */
export function explainBead(row: BeadRow, now: number): Detail {
  const [meaning, rule, remedy] = row.hold === undefined ? beadStates[row.group] : beadHolds[row.hold];
  const advice = remedy.replaceAll("<bead>", row.id).replaceAll("<agent>", row.assignee || "<agent>");
  return {
    title: `${row.id} is ${row.group}${row.hold === undefined ? "" : ` (${row.hold})`}`,
    lines: [
      row.title,
      "",
      `Means    ${meaning}`,
      `Because  ${row.blockedBy.length > 0 ? `It waits for ${row.blockedBy.join(", ")}. ` : ""}${rule}`,
      ...(row.assignee === "" ? [] : [`Holder   ${row.assignee}`]),
      `Since    changed ${formatSpan(now - row.updatedAt)} ago`,
      `Do       ${advice}`,
    ],
  };
}

const trackedStates: Readonly<Record<TrackedView["state"], Words>> = {
  closed: [
    "It is done: what it changed is on the target.",
    "It is closed, and no merge request of it is open.",
    "Nothing.",
  ],
  ready: [
    "It can start; the convoy gives it out as soon as there is room.",
    "It is open, all that it needs is closed, and its rig takes work.",
    "Nothing, or sling it now (s).",
  ],
  "in-flight": [
    "An agent has it on its hook, or it waits for its turn in the scheduler.",
    "Its status is hooked or in_progress and its holder lives, or a dispatch is planned.",
    "Nothing. o opens the agent.",
  ],
  merging: [
    "The agent is done; the merge queue tests and lands it.",
    "It has an open merge request.",
    "Nothing. m shows the queue.",
  ],
  blocked: [
    "It waits for other beads.",
    "Something that it needs is not closed.",
    "Nothing, unless what it waits for is stuck.",
  ],
  held: [
    "It cannot go on without somebody.",
    "It is not done, and no rule gives it out as it is.",
    "Read the reason; then sling it (s), or in a mountain gt mountain retry or gt mountain skip.",
  ],
};

/** The same for a bead of a convoy. */
export function explainTracked(bead: TrackedView, now: number): Detail {
  const [meaning, rule, remedy] = trackedStates[bead.state];
  return {
    title: `${bead.id} is ${bead.state === "in-flight" ? "being worked on" : bead.state}`,
    lines: [
      bead.title,
      "",
      `Means    ${meaning}`,
      `Because  ${bead.reason === undefined ? "" : `${sentence(bead.reason)} `}${rule}`,
      ...(bead.assignee === "" ? [] : [`Holder   ${bead.assignee}`]),
      ...(bead.mr === undefined ? [] : [`Queue    ${bead.mr} is ${bead.mrPhase}`]),
      `Since    changed ${formatSpan(now - bead.updatedAt)} ago`,
      `Do       ${remedy}`,
    ],
  };
}

const queueStates: Readonly<Record<QueueStatus, Words>> = {
  active: [
    "It is in the batch that is being tested now.",
    "A run of the queue holds it.",
    "Nothing. If the batch is red, the search finds whose change it is.",
  ],
  ready: [
    "It waits for the next batch.",
    "It was handed in, nothing blocks it, and its target takes merges.",
    "Nothing. bd update <request> --priority 0 moves it up.",
  ],
  blocked: [
    "It waits for another bead or merge request.",
    "Something that it needs is not closed.",
    "Nothing, unless what it waits for is stuck.",
  ],
  held: [
    "It is not taken for now.",
    "It is held itself, or its target is paused, held or red.",
    "Read the reason: it goes on by itself when that is over.",
  ],
  "needs-fix": [
    "Its change fails the gate, or conflicts. Its agent was told, or its bead is given out again.",
    "The target was green without it and red with it, or it could not be merged.",
    "Nothing while an agent repairs it; r tries it again as it is.",
  ],
  quarantined: [
    "It failed so often that it is not tried any more by itself.",
    "It used up the tries that the rig allows.",
    "Look at the reason and the log; then r retries it, x takes it out.",
  ],
  closed: ["It is over.", "It landed, was rejected or was superseded.", "Nothing."],
};

/** The same for a merge request. */
export function explainRequest(row: QueueRow, now: number): Detail {
  const [meaning, rule, remedy] = queueStates[row.status];
  return {
    title: `${row.id} is ${row.status}`,
    lines: [
      row.title,
      "",
      `Means    ${meaning}`,
      `Because  ${row.reason === "" ? "" : `${sentence(row.reason.replaceAll("_", " "))} `}${rule}`,
      `Since    submitted ${formatSpan(now - row.at)} ago`,
      `Do       ${remedy}`,
      "",
      `Branch   ${row.branch} into ${row.target}`,
      ...(row.bead === "" ? [] : [`Bead     ${row.bead}`]),
      ...(row.worker === "" ? [] : [`From     ${row.worker}`]),
      ...(row.retries === 0 ? [] : [`Retries  ${row.retries}`]),
    ],
  };
}

const convoyStates: Readonly<Record<ConvoyState, Words>> = {
  staged: [
    "It is a plan; nothing of it is given out yet.",
    "It was staged and not launched.",
    "gt convoy launch <convoy> starts it.",
  ],
  empty: [
    "It tracks no bead.",
    "Nothing was added to it.",
    "gt convoy add <convoy> <bead>..., or gt convoy close <convoy>.",
  ],
  complete: [
    "Everything in it is done; it lands at the next check.",
    "Each of its beads is closed, and no merge request of them is open.",
    "Nothing.",
  ],
  paused: [
    "It gives nothing out.",
    "Somebody paused it.",
    "gt mountain resume <convoy>, or sling its beads (s).",
  ],
  feeding: [
    "It has ready beads and gives them out as there is room.",
    "At least one of its beads is ready.",
    "Nothing.",
  ],
  working: [
    "Agents work on it, or the queue tests it.",
    "Nothing of it is ready, and at least one bead is with an agent or in the queue.",
    "Nothing.",
  ],
  waiting: [
    "All that is left waits for beads outside of it.",
    "Nothing of it is ready or at work, and what blocks it is not tracked by it.",
    "Look at what they wait for.",
  ],
  stuck: [
    "Nothing of it moves, and nothing will by itself.",
    "Nothing of it is ready, at work or in the queue.",
    "Read the reasons: unblock or sling what they name; in a mountain gt mountain skip or gt mountain retry.",
  ],
  closed: ["It has landed.", "All of it was done, or somebody closed it.", "Nothing."],
};

/** The same for a convoy. */
export function explainConvoy(convoy: ConvoyView, now: number): Detail {
  const [meaning, rule, remedy] = convoyStates[convoy.state];
  return {
    title: `${convoy.id} is ${convoy.state}`,
    lines: [
      `${convoy.title}  ${convoy.done} of ${convoy.total} landed`,
      "",
      `Means    ${meaning}`,
      `Because  ${rule}`,
      ...convoy.reasons.map((reason) => `         ${reason}`),
      `Since    created ${formatSpan(now - convoy.createdAt)} ago`,
      ...(convoy.etaMs === undefined
        ? []
        : [`Left     about ${formatSpan(convoy.etaMs)}, at the rate of the last two hours`]),
      `Do       ${remedy}`,
    ],
  };
}

/** A message or an escalation as far as the list knows it. */
export function describeInboxRow(row: InboxRow, now: number): Detail {
  return {
    title: row.subject,
    lines: [
      `From     ${row.from}`,
      `Sent     ${formatSpan(now - row.at)} ago, ${row.kind === "mail" ? "priority" : "severity"} ${row.urgency}`,
      `Id       ${row.id}`,
      "",
      ...row.body.split("\n"),
    ],
  };
}
