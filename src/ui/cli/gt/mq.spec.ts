import type { CommandSpec } from "../command.ts";

const rig = [{ name: "rig", optional: true }] as const;
/** A leading rig is accepted everywhere; the request alone says which one it is. */
const request = [{ name: "request" }, { name: "request-after-rig", optional: true }] as const;

export const mqCommands: readonly CommandSpec[] = [
  {
    name: "mq",
    aliases: ["mr"],
    group: "work",
    summary: "the merge queue",
    description:
      "Finished branches wait here until the Refinery has stacked them, run the project's gates on exactly the tree that is pushed, and landed them.",
    subcommands: [
      {
        name: "submit",
        summary: "put a branch into the queue",
        flags: [
          { name: "branch", value: "name", summary: "the branch; default: the one checked out here" },
          { name: "issue", value: "id", summary: "the bead that it is for; default: read from the branch" },
          { name: "epic", value: "id", summary: "merge into this epic's integration branch" },
          { name: "target", value: "branch", summary: "merge into this branch" },
          { name: "priority", short: "p", value: "0-4", summary: "default: that of the bead" },
          { name: "no-cleanup", summary: "from a polecat's branch: only submit, do not finish" },
          { name: "skip-deps", summary: "although steps of the workflow are open" },
          { name: "resubmit", summary: "the same, for a branch that was here before" },
        ],
        examples: ["gt mq submit", "gt mq submit --branch fix/login --issue web-a1b2c"],
        seeAlso: ["gt done"],
        load: () => import("./mq-submit.ts"),
      },
      {
        name: "list",
        summary: "what waits, in the order in which it would land",
        args: rig,
        flags: [
          { name: "ready", summary: "only what may run now" },
          {
            name: "status",
            value: "status",
            summary: "open (default), in_progress, closed or all",
            choices: ["open", "in_progress", "closed", "all"],
          },
          { name: "worker", value: "name", summary: "only this agent's" },
          { name: "epic", value: "id", summary: "only what is for beads below this epic" },
          { name: "target", value: "branch", summary: "only what goes to this branch" },
          { name: "verify", summary: "check that each branch still exists" },
        ],
        examples: ["gt mq list", "gt mq list web --ready"],
        load: () => import("./mq-list.ts"),
      },
      {
        name: "next",
        summary: "the request that would be taken first",
        args: rig,
        flags: [
          {
            name: "strategy",
            value: "order",
            summary: "priority (default) or fifo",
            choices: ["priority", "fifo"],
          },
          { name: "quiet", short: "q", summary: "only its id" },
        ],
        examples: ["gt mq next", "gt mq next -q"],
        load: () => import("./mq-next.ts"),
      },
      {
        name: "status",
        aliases: ["show"],
        summary: "everything about one request",
        args: request,
        examples: ["gt mq status web-mr-k3m9z"],
        load: () => import("./mq-status.ts"),
      },
      {
        name: "retry",
        summary: "try a failed request again with its branch's present head",
        args: request,
        flags: [
          { name: "now", summary: "and run the queue here" },
          { name: "reset", summary: "forget its attempts and conflicts" },
          { name: "same-head", summary: "keep the submitted commit" },
        ],
        examples: ["gt mq retry web-mr-k3m9z"],
        load: () => import("./mq-retry.ts"),
      },
      {
        name: "reject",
        summary: "take a request out of the queue; its branch is kept",
        args: request,
        flags: [
          { name: "reason", short: "r", value: "text", summary: "why; needed" },
          { name: "stdin", summary: "read the reason from standard input" },
          { name: "notify", summary: "tell the worker" },
        ],
        examples: ['gt mq reject web-mr-k3m9z -r "superseded by the new design"'],
        load: () => import("./mq-reject.ts"),
      },
      {
        name: "post-merge",
        summary: "finish by hand what is on its target already",
        args: request,
        flags: [
          { name: "commit", value: "sha", summary: "the commit as which it landed" },
          { name: "skip-branch-delete", summary: "keep the branch" },
          { name: "force", summary: "although it is not found on the target" },
        ],
        examples: ["gt mq post-merge web-mr-k3m9z"],
        load: () => import("./mq-post-merge.ts"),
      },
      {
        name: "process",
        summary: "run the queue here",
        args: rig,
        flags: [
          { name: "once", summary: "one batch (default)" },
          { name: "until-idle", summary: "until nothing may run any more" },
          { name: "target", value: "branch", summary: "only this target" },
          { name: "dry-run", summary: "say what would be done and change nothing" },
        ],
        examples: ["gt mq process", "gt mq process web --until-idle"],
        load: () => import("./mq-process.ts"),
      },
      {
        name: "runs",
        summary: "recent runs of the queue",
        args: rig,
        flags: [{ name: "limit", short: "n", value: "count", summary: "so many", default: "20" }],
        load: () => import("./mq-runs.ts"),
      },
      {
        name: "log",
        summary: "output of the gates of a request or run",
        args: [{ name: "request-or-run" }, { name: "gate", optional: true }],
        flags: [
          { name: "follow", short: "f", summary: "go on with new output until interrupted" },
          { name: "tail", value: "lines", summary: "only the last lines" },
        ],
        examples: ["gt mq log web-mr-k3m9z test", "gt mq log mqr-1f2e3d4c -f"],
        load: () => import("./mq-log.ts"),
      },
      {
        name: "pause",
        summary: "form no new batches",
        args: rig,
        flags: [
          { name: "target", value: "branch", summary: "only for this target" },
          { name: "reason", value: "text", summary: "why" },
        ],
        examples: ["gt mq pause web --reason release"],
        load: () => import("./mq-pause.ts"),
      },
      {
        name: "resume",
        summary: "go on after a pause or a hold",
        args: rig,
        flags: [{ name: "target", value: "branch", summary: "only for this target" }],
        examples: ["gt mq resume web"],
        load: () => import("./mq-resume.ts"),
      },
      {
        name: "forecast",
        summary: "which unlanded work will get into another's way",
        args: rig,
        flags: [{ name: "target", value: "branch", summary: "default: the rig's default branch" }],
        examples: ["gt mq forecast web"],
        load: () => import("./mq-forecast.ts"),
      },
      {
        name: "verify",
        summary: "run the project's gates here and remember the verdict",
        flags: [{ name: "target", value: "branch", summary: "default: the rig's default branch" }],
        examples: ["gt mq verify"],
        seeAlso: ["gt done --pre-verified"],
        load: () => import("./mq-verify.ts"),
      },
      {
        name: "integration",
        summary: "collect an epic's merges on a branch and land them together",
        subcommands: [
          {
            name: "create",
            summary: "make the integration branch of an epic",
            args: [{ name: "epic" }],
            flags: [
              { name: "branch", value: "name", summary: "its name, or a template" },
              { name: "base-branch", value: "branch", summary: "where it starts and lands" },
              { name: "force", summary: "replace the one that the epic has" },
            ],
            examples: ["gt mq integration create web-a1b2c"],
            load: () => import("./mq-integration-create.ts"),
          },
          {
            name: "status",
            summary: "what has been collected and what is missing",
            args: [{ name: "epic" }],
            load: () => import("./mq-integration-status.ts"),
          },
          {
            name: "land",
            summary: "merge the integration branch into its base",
            args: [{ name: "epic" }],
            flags: [
              { name: "force", summary: "although something is still open" },
              { name: "skip-tests", summary: "without running the gates" },
              { name: "dry-run", summary: "say what would be done and change nothing" },
            ],
            examples: ["gt mq integration land web-a1b2c"],
            load: () => import("./mq-integration-land.ts"),
          },
        ],
      },
    ],
  },
];
