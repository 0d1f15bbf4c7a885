import { render } from "ink-testing-library";
import { afterEach, expect, test } from "vitest";
import { cleanup } from "ink-testing-library";
import { Screen } from "../../../src/ui/tui/app.tsx";
import type { TuiState } from "../../../src/ui/tui/store/state.ts";
import { textWidth } from "../../../src/ui/tui/screen/text-width.ts";
import { rowAt } from "../../../src/ui/tui/views/panel-lines.ts";
import type { Past } from "../../../src/core/ledger/read-back.ts";
import { type InboxRow, type QueueRow, screenSection } from "../../../src/ui/tui/store/town-data.ts";
import { runOf } from "../../core/merge/support/run-of.ts";
import {
  asciiLook,
  look,
  stateOf,
  townOf,
  agentOf,
  convoyOf,
  eventOf,
  noon,
  trackedOf,
} from "./support/town-of.ts";

afterEach(cleanup);

function frameOf(state: TuiState, options = { look }): readonly string[] {
  const { lastFrame } = render(<Screen state={state} look={options.look} />);
  return (lastFrame() ?? "").split("\n");
}

const sizes = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 35 },
  { columns: 160, rows: 45 },
  { columns: 200, rows: 50 },
  { columns: 60, rows: 16 },
  { columns: 40, rows: 10 },
];

test.each(sizes)("every view fills exactly its $columns x $rows and leaves no line too wide", (size) => {
  for (const fields of [
    {},
    { view: "problems", focus: { panel: "problems" } },
    { focus: { panel: "convoys" } },
    { focus: { panel: "feed" } },
    { view: "queue", focus: { panel: "queue" } },
    { view: "inbox", focus: { panel: "inbox" } },
    { view: "beads", focus: { panel: "beads" } },
    { view: "convoy", focus: { panel: "convoy" } },
    { view: "log", focus: { panel: "log" } },
  ] as const) {
    const lines = frameOf(stateOf(size, fields));
    expect(lines).toHaveLength(size.rows);
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(size.columns);
    expect(lines[0]).toContain("gastown");
    expect(lines.at(-1)).toMatch(/q quit/);
  }
});

test("an agent's line shows role, name, bead, state and time since the last progress", () => {
  const lines = frameOf(stateOf({ columns: 160, rows: 45 })).join("\n");
  expect(lines).toMatch(/😺 nux +ac-a1b2c .* ● 4m/);
  expect(lines).toMatch(/😺 rust +ac-g7h8i +🔥 47m/);
  expect(lines).toMatch(/😺 slit +ac-d4e5f +⚠ 16m/);
  expect(lines).toMatch(/😺 toast ac-x9y8z +💀 │/);
  expect(lines).toMatch(/👷 max +○/);
});

test("the header counts agents by health, convoys, queue and rigs", () => {
  const [header] = frameOf(stateOf({ columns: 160, rows: 45 }));
  expect(header).toMatch(/gastown gt ~\/gt +6 agents ●1 ○2 🔥3 +convoys 1 +queue 0 +2 rigs +14:02/);
});

test("an emergency stop and a silent host stand in the header, with the way out, beside who needs a person", () => {
  const stop = { scope: "town", kind: "manual", since: "", reason: "wrong branch deployed" } as const;
  const header = (columns: number, fields: Parameters<typeof townOf>[0]) =>
    frameOf(stateOf({ columns, rows: 24 }, { town: townOf(fields) }))[0];
  expect(header(160, { stops: [stop] })).toMatch(/ESTOP wrong branch deployed \(gt thaw\) .*🔥3/);
  expect(header(80, { stops: [stop] })).toMatch(/ESTOP \(gt thaw\) .*🔥3/);
  expect(header(120, { stops: [{ ...stop, scope: "acme" }] })).toContain("(gt thaw --rig acme)");
  expect(header(80, { isHostSilent: true })).toMatch(/session host not answering .*🔥3/);
});

test("whoever has no session is not said to have a screen, and each gets the key or command that helps", () => {
  const agents = [
    agentOf({
      ...{ address: "acme/polecats/nux", state: "stuck", hook: "suspended", tag: "stuck", bead: "ac-1" },
      ...{ needsAttention: true, reason: "died 4 times in a row" },
    }),
    agentOf({
      ...{ address: "acme/polecats/toast", state: "working", health: "zombie", bead: "ac-2" },
      ...{ needsAttention: true, reason: "session dead" },
    }),
    agentOf({
      ...{ address: "acme/polecats/slit", state: "working", health: "stalled", phase: "waiting" },
      ...{ tag: "needs-human", needsAttention: true, reason: "waits for an answer: Do you want to proceed?" },
    }),
    agentOf({
      ...{ address: "acme/witness", name: "witness", role: "witness", state: "stopped", health: "zombie" },
      ...{ needsAttention: true, reason: "the daemon is down", suggestion: "gt up" },
    }),
  ];
  const detailFor = (id: string) => ({
    id,
    sections: id.endsWith("slit") ? [{ title: screenSection, lines: ["Esc to cancel"] }] : [],
  });
  const shown = (problems: string) =>
    frameOf(
      stateOf(
        { columns: 80, rows: 24 },
        {
          town: townOf({ agents, detail: detailFor(problems) }),
          view: "problems",
          focus: { panel: "problems" },
          selection: { problems },
        },
      ),
    ).join("\n");
  expect(shown("acme/polecats/nux")).toMatch(/▶ nux +○ +stuck +ac-1/);
  expect(shown("acme/polecats/nux")).toMatch(/try r resume +│/);
  expect(shown("acme/polecats/toast")).toMatch(/try r restart +│/);
  expect(shown("acme/polecats/slit")).toMatch(/try ↵ answer it, r restart, or h handoff/);
  expect(shown("acme/polecats/slit")).not.toContain("Esc to cancel");
  expect(shown("acme/witness")).toMatch(/try : {2}then {2}gt up/);
});

test("convoys show how far they are, and landed ones when", () => {
  const lines = frameOf(stateOf({ columns: 160, rows: 45 })).join("\n");
  expect(lines).toMatch(/🚚 Auth system +▓▓▓▓▓░░░ 5\/8/);
  expect(lines).toContain("1 working · 1 waiting");
  const agents = townOf().agents.map((agent) => ({ ...agent, needsAttention: true }));
  const trouble = frameOf(stateOf({ columns: 160, rows: 45 }, { town: townOf({ agents }) })).join("\n");
  expect(trouble).toContain("1 stuck · 1 waiting");
  expect(lines).toMatch(/🏁 Search +✓ 2h/);
});

test("a mountain is a mountain, and says what it goes on without (spec/06 §11.2)", () => {
  const tracked = [
    trackedOf({ id: "ac-1", state: "held", labels: ["mountain:skipped"] }),
    trackedOf({ id: "ac-2", state: "held" }),
  ];
  const convoys = [convoyOf({ id: "hq-cv-1", title: "Big", total: 2, labels: ["mountain"], tracked })];
  const text = frameOf(stateOf({ columns: 160, rows: 45 }, { town: townOf({ convoys }) })).join("\n");
  expect(text).toMatch(/⛰ +Big/);
  expect(text).toContain("1 held · 1 skipped");
});

test("the problems view lists the most urgent first, with reason and advice for the selected one", () => {
  const lines = frameOf(
    stateOf({ columns: 120, rows: 35 }, { view: "problems", focus: { panel: "problems" } }),
  );
  const text = lines.join("\n");
  expect(text).toContain("NEEDS ATTENTION (3)");
  const order = ["rust", "slit", "toast"].map((name) => lines.findIndex((line) => line.includes(name)));
  expect(order).toEqual([...order].sort((one, other) => one - other));
  expect(text).toMatch(/rust +🔥 +GUPP! +47m no progress +ac-g7h8i/);
  expect(text).toContain("no progress for 47m, work on hook");
  expect(text).toContain("try n nudge, r restart");
  expect(text).toContain("WORKING (1)");
  expect(text).toContain("IDLE (2)");
});

test("an agent is said to be queued while its work can land, not when it came back", () => {
  const agents = [agentOf({ address: "acme/polecats/nux", hook: "completed" })];
  const request = {
    ...{ id: "ac-mr-1", title: "Add login", rig: "acme", target: "main", branch: "b", bead: "ac-1" },
    ...{ worker: "acme/polecats/nux", at: noon, reason: "", retries: 0, run: "" },
  };
  const row = (status: QueueRow["status"]) =>
    frameOf(
      stateOf({ columns: 80, rows: 24 }, { town: townOf({ agents, queue: [{ ...request, status }] }) }),
    ).join("\n");
  expect(row("ready")).toMatch(/nux .*✓ queued/);
  for (const status of ["needs-fix", "quarantined"] as const) expect(row(status)).toMatch(/nux +○ │/);
});

test("six idle polecats of a rig fold into one row", () => {
  const agents = Array.from({ length: 6 }, (_, index) => agentOf({ address: `acme/polecats/p${index}` }));
  const text = frameOf(stateOf({ columns: 120, rows: 35 }, { town: townOf({ agents }) })).join("\n");
  expect(text).toContain("6 idle");
  expect(text).not.toContain("p3");
});

test("scrolled away from the top, the feed says how many events are new", () => {
  const state = stateOf(
    { columns: 120, rows: 35 },
    { focus: { panel: "feed" }, selection: { feed: "e20" }, feedTop: "e38" },
  );
  expect(frameOf(state).join("\n")).toContain("▲ 2 new");
});

test("without Unicode, icons and states are letters", () => {
  const lines = frameOf(
    stateOf({ columns: 120, rows: 35 }, { town: townOf({ feed: [eventOf({ id: "1", symbol: "*" })] }) }),
    { look: asciiLook },
  );
  expect(lines.join("\n")).toMatch(/P nux +ac-a1b2c .* \* 4m/);
});

test("before the first reading nothing is claimed to be missing", () => {
  const town = townOf({ agents: [], rigs: [], convoys: [], feed: [], isLoaded: false });
  const text = frameOf(stateOf({ columns: 120, rows: 35 }, { town })).join("\n");
  expect(text).toContain("reading the town…");
  expect(text).not.toContain("No agents yet");
});

const wide = { columns: 160, rows: 45 };

function inboxRow(fields: Partial<InboxRow> & { readonly id: string }): InboxRow {
  return {
    kind: "mail",
    from: "mayor/",
    subject: `Subject of ${fields.id}`,
    body: "",
    at: noon - 120_000,
    isNew: true,
    urgency: "normal",
    ...fields,
  };
}

test("the inbox lists escalations before mail, and the selected one is readable beside the list", () => {
  const inbox = [
    inboxRow({ id: "hq-esc-1", kind: "escalation", subject: "CI is down", body: "three gates time out" }),
    inboxRow({ id: "hq-m-1", subject: "Plan for today", isNew: false }),
    inboxRow({ id: "hq-m-2", subject: "Question" }),
  ];
  const lines = frameOf(stateOf(wide, { view: "inbox", focus: { panel: "inbox" }, town: townOf({ inbox }) }));
  const text = lines.join("\n");
  expect(text).toMatch(
    /ESCALATIONS \(1\) 1 not seen[\s\S]*CI is down[\s\S]*MAIL \(2\) 1 unread[\s\S]*Plan for today/,
  );
  expect(text).toContain("three gates time out");
  expect(lines[0]).toMatch(/✉ 1 +⏫ 1/);
});

test("the queue shows what is tested, how the search narrows, and why something is set aside", () => {
  const row = (id: string, fields: Partial<QueueRow> = {}): QueueRow => ({
    id,
    title: `Merge: ${id}`,
    rig: "acme",
    target: "main",
    status: "active",
    branch: `polecat/${id}`,
    worker: "acme/polecats/nux",
    bead: "ac-a1b2c",
    at: noon - 60_000,
    reason: "",
    retries: 0,
    run: "run-1",
    ...fields,
  });
  const queue = [
    row("ac-mr-1"),
    row("ac-mr-2"),
    row("ac-mr-3", { status: "quarantined", reason: "crashed the gate 3 times" }),
  ];
  const runs = [{ ...runOf(2, [[2, "red"], [1]]), rig: "acme" }];
  const troubledTargets = [
    { rig: "acme", target: "main", state: "red", reason: "the target fails its own gates" } as const,
  ];
  const detail = { id: "ac-mr-1", sections: [{ title: "Output of test", lines: ["not ok 3 - adds tax"] }] };
  const text = frameOf(
    stateOf(wide, {
      view: "queue",
      focus: { panel: "queue" },
      town: townOf({ queue, runs, troubledTargets, detail }),
    }),
  ).join("\n");
  expect(text).toContain("main is red: the target fails its own gates");
  expect(text).toMatch(/batch of 2 into main +\?\? +testing the first 1/);
  expect(text).toContain("crashed the gate");
  expect(text).toMatch(
    /ac-mr-1 is active[\s\S]*Means +It is in the batch[\s\S]*OUTPUT OF TEST[\s\S]*not ok 3 - adds tax/,
  );
});

test("beside a list, what belongs to another row than the selected one is not shown", () => {
  const detail = { id: "ac-other", sections: [{ title: "Notes", lines: ["of another bead"] }] };
  const state = stateOf(wide, { view: "convoy", focus: { panel: "convoy" }, town: townOf({ detail }) });
  const text = frameOf(state).join("\n");
  expect(text).toContain("ac-a1b2c is being worked on");
  expect(text).not.toContain("of another bead");
});

test.each([
  ["convoys", /hq-cv-1 is working/],
  ["agents", /mayor\/ is idle/],
] as const)("? on the %s panel says what the selected one's state means", (panel, wanted) => {
  const state = stateOf(wide, {
    focus: { panel },
    overlay: { kind: "help", editor: { before: "", after: "" }, scroll: 0 },
  });
  const text = frameOf(state).join("\n");
  expect(text).toMatch(wanted);
  expect(text).toMatch(/Means +\w+/);
});

test("a click finds the row that is drawn there, below headings, too", () => {
  const inbox = [
    inboxRow({ id: "hq-esc-1", kind: "escalation" }),
    inboxRow({ id: "hq-m-1" }),
    inboxRow({ id: "hq-m-2" }),
  ];
  const state = stateOf(wide, { view: "inbox", focus: { panel: "inbox" }, town: townOf({ inbox }) });
  const rect = { x: 0, y: 1, width: 80, height: 20 };
  const rows = Array.from({ length: 6 }, (_, line) => rowAt("inbox", rect, line, { state, look }));
  expect(rows).toEqual([undefined, "hq-esc-1", undefined, undefined, "hq-m-1", "hq-m-2"]);
});

test("the log moves back in time, and tree and convoys beside it show that moment", () => {
  const past: Past = {
    at: noon - 60_000,
    statuses: new Map([
      ["ac-a1b2c", "open"],
      ["hq-cv-2", "absent"],
    ]),
    agents: new Map([
      ["acme/polecats/rust", { isAbsent: true }],
      ["acme/polecats/nux", { isAbsent: false, hookBead: "" }],
    ]),
    isPartial: false,
  };
  const feed = [eventOf({ id: "e2" }), eventOf({ id: "e1", at: noon - 60_000 })];
  const at = (log: string) =>
    frameOf(
      stateOf(wide, {
        view: "log",
        focus: { panel: "log" },
        selection: { log },
        town: townOf({ feed, past }),
      }),
    ).join("\n");
  const then = at("e1");
  expect(then).toMatch(/1 Agents ─+ 14:01/);
  expect(then).not.toContain("rust");
  expect(then).toMatch(/😺 nux +○/);
  expect(then).not.toContain("Search");
  const now = at("e2");
  expect(now).toContain("rust");
  expect(now).toMatch(/😺 nux +ac-a1b2c/);
});

test("a town in which nothing is under way says what to do first", () => {
  const shown = (fields: Parameters<typeof townOf>[0]) =>
    frameOf(stateOf({ columns: 120, rows: 35 }, { town: townOf(fields) })).join("\n");
  const mayor = agentOf({ address: "mayor/" });
  expect(shown({ agents: [mayor], rigs: [], isDaemonUp: false })).toMatch(/gt up[\s\S]*gt rig add <name>/);
  expect(shown({ agents: [mayor], rigs: ["acme"] })).toContain("shows the beads");
  expect(shown({})).not.toContain("shows the beads");
});

test("a command that failed says what to do about it", () => {
  const toast = {
    ...({ id: 1, tone: "bad", text: 'command "claude" not found' } as const),
    ...{ hint: "gt config agent list", command: "gt session start mayor/" },
  };
  const text = frameOf(stateOf({ columns: 120, rows: 35 }, { toasts: [toast] })).join("\n");
  expect(text).toMatch(/! command "claude" not found[\s\S]*try: gt config agent list[\s\S]*gt session start/);
});

test("rows tell unread mail, silence, what a command does, and rigs that rest", () => {
  const notes = new Map([
    ["acme/polecats/nux", { operation: undefined, unreadMail: 2, isMuted: true }],
    [
      "acme/polecats/rust",
      {
        operation: { kind: "sling", step: "worktree", since: noon, error: "" } as const,
        ...{ unreadMail: 0, isMuted: false },
      },
    ],
  ]);
  const witness = agentOf({ address: "acme/witness", name: "witness", role: "witness", state: "running" });
  const text = frameOf(
    stateOf(
      { columns: 160, rows: 45 },
      {
        town: townOf({
          ...{ notes, restingRigs: new Map([["acme", "parked"]]) },
          agents: [...townOf().agents, witness],
        }),
      },
    ),
  );
  const lines = text.join("\n");
  expect(lines).toMatch(/nux .*📬 2 🔕 ● 4m/);
  expect(lines).toMatch(/rust .*↻ starting/);
  expect(lines).toMatch(/witness +● patrol/);
  expect(text.findIndex((line) => line.includes("acme 🅿"))).toBeGreaterThan(
    text.findIndex((line) => line.includes("▾ beta")),
  );
});
