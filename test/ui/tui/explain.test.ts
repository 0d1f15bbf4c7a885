import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bdTree } from "../../../src/ui/cli/bd-tree.ts";
import type { CommandSpec } from "../../../src/ui/cli/command.ts";
import { gtTree } from "../../../src/ui/cli/tree.ts";
import { explainAgent } from "../../../src/ui/tui/views/explain.ts";
import {
  describeInboxRow,
  explainBead,
  explainConvoy,
  explainRequest,
  explainTracked,
} from "../../../src/ui/tui/views/explain-work.ts";
import type { AgentView } from "../../../src/agents/patrols/agent-health.ts";
import type { Detail } from "../../../src/ui/tui/views/detail.ts";
import { agentOf, convoyOf, noon, townOf, trackedOf } from "./support/town-of.ts";

function isCommand(words: readonly string[], tree: readonly CommandSpec[]): boolean {
  const spec = tree.find(({ name, aliases }) => name === words[0] || aliases?.includes(words[0] ?? ""));
  if (spec === undefined) return false;
  return spec.load !== undefined || isCommand(words.slice(1), spec.subcommands ?? []);
}

test.each(["views/explain.ts", "views/explain-work.ts", "undo.ts"])(
  "every command that %s names is one",
  (file) => {
    const source = readFileSync(new URL(`../../../src/ui/tui/${file}`, import.meta.url), "utf8");
    const named = [...source.matchAll(/\b(gt|bd) ([a-z-]+(?: [a-z-]+)?)/g)];
    expect(named.length).toBeGreaterThan(0);
    for (const [line, program, words = ""] of named)
      expect(isCommand(words.split(" "), program === "gt" ? gtTree : bdTree), line).toBe(true);
  },
);

test("the explanation of an agent shows how far its assignment is, and nothing of the kind before the first one", () => {
  const resting = agentOf({ address: "acme/polecats/nux", state: "paused", hook: "suspended" });
  const { lines } = explainAgent(resting, townOf(), noon);
  expect(lines).toContain("Hook     Created › Active › [Suspended] › Completed › Archived");
  expect(lines).toContain("         work rests on the hook until somebody resumes it");
  const fresh = explainAgent(agentOf({ address: "acme/polecats/nux" }), townOf(), noon).lines;
  expect(fresh.some((line) => line.startsWith("Hook"))).toBe(false);
});

/** What it means, why, since when and what to do, each with something behind it. */
function expectWhole({ title, lines }: Detail): void {
  expect(title).not.toBe("");
  for (const part of ["Means", "Because", "Since", "Do"]) {
    const found = lines.find((line) => line.startsWith(`${part} `))?.slice(part.length) ?? "";
    expect(found.trim(), `${part} of "${title}"`).toMatch(/\w{3}/);
  }
  for (const line of lines) expect(line).not.toMatch(/undefined|NaN|\[object/);
}

const agentStates = {
  health: ["gupp", "stalled", "zombie", "working", "idle"],
  tag: ["", "paused", "stuck", "gate", "needs-human", "limited"],
  state: [
    "spawning",
    "working",
    "done",
    "idle",
    "stuck",
    "awaiting-gate",
    "paused",
    "running",
    "stopped",
    "nuked",
  ],
  phase: [undefined, "starting", "dialog", "idle", "working", "waiting", "limited", "exited"],
} as const;

test("every state of an agent explains itself: what, why, since when, and what can be done", () => {
  const base = { address: "acme/polecats/nux", idleMs: 60_000 };
  const variants: readonly AgentView[] = [
    ...agentStates.health.flatMap((health) =>
      agentStates.tag.map((tag) => agentOf({ ...base, health, tag, reason: "quiet for 1m" })),
    ),
    ...agentStates.state.map((state) => agentOf({ ...base, state })),
    ...agentStates.phase.map((phase) => agentOf({ ...base, ...(phase === undefined ? {} : { phase }) })),
    ...(["mayor", "deacon", "boot", "dog", "witness", "refinery", "crew", "polecat"] as const).flatMap(
      (role) =>
        (["running", "stopped"] as const).map((state) => agentOf({ ...base, role, state, idleSince: noon })),
    ),
  ];
  for (const agent of variants) expectWhole(explainAgent(agent, townOf(), noon));
});

test("the limits that are told are those of the town", () => {
  const thresholds = { ...townOf().thresholds, stalledMs: 20_000 };
  const { lines } = explainAgent(
    agentOf({ address: "acme/polecats/nux", health: "stalled", idleMs: 30_000 }),
    townOf({ thresholds }),
    noon,
  );
  expect(lines.join("\n")).toContain("No progress for 20s or more");
});

test("who is on patrol is not told to be given work", () => {
  const witness = agentOf({ address: "acme/witness", role: "witness", state: "running" });
  const { title, lines } = explainAgent(witness, townOf(), noon);
  expect(title).toBe("acme/witness is on patrol");
  expect(lines.join("\n")).not.toContain("gt sling");
});

test("what a command does with an agent is told step by step", () => {
  const told = (step: string, agent: Partial<AgentView>, error = "") =>
    explainAgent(
      agentOf({ address: "acme/polecats/nux", ...agent }),
      townOf({
        notes: new Map([
          [
            "acme/polecats/nux",
            { operation: { kind: "handoff", step, since: noon, error }, unreadMail: 2, isMuted: true },
          ],
        ]),
      }),
      noon,
    ).lines;
  const old = { phase: "working", sessionSince: noon - 1000 } as const;
  const fresh = { phase: "idle", sessionSince: noon + 1000 } as const;
  expect(told("save", old)).toContain("Now      Handoff, 1 of 3: the state of its work is being saved.");
  expect(told("respawn", old)).toContain("Now      Handoff, 2 of 3: the old session ends.");
  for (const agent of [{}, fresh])
    expect(told("respawn", agent).join("\n")).toContain("Handoff, 3 of 3: a fresh session starts");
  expect(told("respawn", {}, "no disk").join("\n")).toContain("A handoff stopped: no disk");
  expect(told("save", old)).toContain("Mail     2 unread");
});

test("every state of a bead, a merge request and a convoy explains itself", () => {
  for (const group of ["ready", "in progress", "blocked", "deferred", "closed"] as const)
    expectWhole(
      explainBead(
        {
          ...{ id: "ac-1", title: "Add login", group, priority: 2, type: "task", assignee: "" },
          ...{ blockedBy: group === "blocked" ? ["ac-2"] : [], description: "", updatedAt: noon - 60_000 },
        },
        noon,
      ),
    );
  for (const hold of ["asks for help", "skipped", "failed too often"] as const) {
    const told = explainBead(
      {
        ...{ id: "ac-1", title: "Add login", group: "ready", priority: 2, type: "task", assignee: "" },
        ...{ blockedBy: [], hold, description: "", updatedAt: noon - 60_000 },
      },
      noon,
    );
    expectWhole(told);
    expect(told.lines.join("\n")).toMatch(/Do .*gt .*ac-1/);
  }
  for (const state of ["closed", "ready", "in-flight", "merging", "blocked", "held"] as const)
    expectWhole(explainTracked(trackedOf({ id: "ac-1", state }), noon));
  for (const status of ["ready", "blocked", "held", "active", "needs-fix", "quarantined", "closed"] as const)
    expectWhole(
      explainRequest(
        {
          ...{ id: "ac-mr-1", title: "Add login", rig: "acme", target: "main", status, branch: "b" },
          ...{ worker: "", bead: "", at: noon - 60_000, reason: "target_red", retries: 0, run: "" },
        },
        noon,
      ),
    );
  for (const state of [
    ...(["staged", "empty", "complete", "paused", "feeding"] as const),
    ...(["working", "waiting", "stuck", "closed"] as const),
  ])
    expectWhole(
      explainConvoy(convoyOf({ id: "hq-cv-1", title: "Auth", state, reasons: ["ac-1: held"] }), noon),
    );
});

test("a message is told with its sender and its time", () => {
  const row = {
    ...({
      id: "hq-1",
      kind: "mail",
      from: "mayor/",
      subject: "Plan",
      body: "first\nsecond",
      at: noon,
    } as const),
    ...{ isNew: true, urgency: "normal" },
  };
  expect(describeInboxRow(row, noon).lines).toEqual(expect.arrayContaining(["From     mayor/", "second"]));
});
