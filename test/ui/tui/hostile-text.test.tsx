import { cleanup, render } from "ink-testing-library";
import { afterEach, expect, test } from "vitest";
import { Screen as Screens } from "../../../src/ui/tui/app.tsx";
import { emptyLine, lineOf } from "../../../src/ui/tui/store/line-editor.ts";
import type { Overlay, TuiState } from "../../../src/ui/tui/store/state.ts";
import { textWidth } from "../../../src/ui/tui/screen/text-width.ts";
import { agentOf, convoyOf, eventOf, look, noon, stateOf, townOf, trackedOf } from "./support/town-of.ts";

afterEach(cleanup);

/** What somebody may have put into a title, a branch, a name, a mail or an event. */
const hostile: readonly string[] = [
  "\u001b[2J\u001b[Hgone\u001b]0;title\u0007\u001b]52;c;ZXZpbA==\u0007\u009b31mred\u0090q\u009c\u0000\u0007\u0008\u007f\u000c",
  "\u001b]8;;https://evil.example\u001b\\link\u202egnp.exe\u2066x\u2069a\u200b\u2060\ufeffb\u200ec\ud800 lone \udfff",
  `one\r\ntwo\tthree\nfour z${"\u0301".repeat(60)}algo ${"x".repeat(600)}`,
  `│╭─╯ frames 👩‍👩‍👧‍👦🏳️‍🌈${"漢字".repeat(100)}`,
];

/** A town of which every text is one of them; `shift` decides which is where. Ids are chosen by us. */
function hostileState(shift: number, fields: Partial<TuiState>): TuiState {
  let next = shift;
  const evil = () => hostile[next++ % hostile.length] ?? "";
  const town = townOf({
    name: evil(),
    place: evil(),
    trouble: evil(),
    rigs: ["acme"],
    agents: [
      agentOf({
        ...{ address: "acme/polecats/nux", name: evil(), title: evil(), bead: evil(), tag: evil() },
        ...{ health: "gupp", needsAttention: true, reason: evil(), runtime: evil(), idleMs: 60_000 },
      }),
      agentOf({
        address: "acme/polecats/slit",
        name: evil(),
        title: evil(),
        bead: evil(),
        health: "working",
      }),
    ],
    notes: new Map([
      [
        "acme/polecats/slit",
        {
          operation: { kind: "sling", step: evil(), since: noon, error: evil() },
          unreadMail: 1,
          isMuted: true,
        },
      ],
    ]),
    convoys: [
      convoyOf({
        ...{ id: "hq-cv-1", title: evil(), done: 1, total: 3, state: "stuck", reasons: [evil()] },
        tracked: [
          trackedOf({ id: "ac-1", title: evil(), assignee: evil(), state: "held", reason: evil() }),
          trackedOf({ id: "ac-2", title: evil(), assignee: evil(), state: "closed", closedAt: noon - 1000 }),
        ],
      }),
    ],
    queue: [
      {
        ...{ id: "ac-mr-1", title: evil(), rig: "acme", target: evil(), status: "held", branch: evil() },
        ...{ worker: evil(), bead: evil(), at: noon, reason: evil(), retries: 1, run: "" },
      },
    ],
    troubledTargets: [{ rig: "acme", target: evil(), state: "red", reason: evil() }],
    beads: [
      {
        ...{ id: "ac-1", title: evil(), group: "blocked", priority: 1, type: evil(), assignee: evil() },
        ...{ blockedBy: [evil()], description: evil(), updatedAt: noon },
      },
    ],
    detail: { id: "ac-1", sections: [{ title: evil(), lines: [evil(), evil()] }] },
    inbox: [
      {
        ...({ id: "hq-1", kind: "mail", from: evil(), subject: evil(), body: evil(), at: noon } as const),
        ...{ isNew: true, urgency: evil() },
      },
    ],
    feed: [eventOf({ id: "1", actor: evil(), message: evil(), target: evil(), type: evil() })],
    log: [eventOf({ id: "1", actor: evil(), message: evil(), target: evil(), type: evil() })],
  });
  const toasts = [{ id: 1, tone: "bad", text: evil(), hint: evil(), command: evil() }] as const;
  return stateOf({ columns: 120, rows: 35 }, { town, toasts, ...fields });
}

const overlays = (evil: string): readonly Overlay[] => [
  { kind: "text", title: evil, lines: [evil, "plain", evil], scroll: 0 },
  { kind: "confirm", title: evil, lines: [evil], command: ["sling", evil] },
  { kind: "ask", title: evil, editor: lineOf("answer"), command: ["mail"] },
  { kind: "nudge", targets: [evil], editor: emptyLine },
  { kind: "palette", editor: lineOf("gt sling "), selected: 0 },
  { kind: "choose", panel: "log", selected: 0 },
  { kind: "help", editor: emptyLine, scroll: 0 },
];

const views: readonly Partial<TuiState>[] = [
  {},
  ...(["problems", "beads", "convoy", "queue", "inbox", "log"] as const).map((view) => ({
    view,
    focus: { panel: view },
  })),
];

function frameOf(state: TuiState): readonly string[] {
  const { lastFrame, unmount } = render(<Screens state={state} look={look} />);
  const lines = (lastFrame() ?? "").split("\n");
  unmount();
  return lines;
}

/** Nothing that a terminal obeys, and nothing that turns or hides text. */
const unsafe =
  /[\u0000-\u0009\u000b-\u001a\u001c-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u;
const sequences = /\u001b(?!\[[0-9;]*m)/;

function expectInPlace(state: TuiState, what: string): void {
  const lines = frameOf(state);
  expect(lines, what).toHaveLength(state.rows);
  for (const [row, line] of lines.entries()) {
    const bare = line.replaceAll(/\u001b\[[0-9;]*m/g, "");
    expect(textWidth(bare), `${what}, line ${row}: ${bare}`).toBeLessThanOrEqual(state.columns);
    expect(line, `${what}, line ${row}`).not.toMatch(unsafe);
    expect(line, `${what}, line ${row}`).not.toMatch(sequences);
  }
  // The frame at the left edge is whole: nothing pushed it away.
  const edges = lines.slice(1, -1).map((line) => [...line.replaceAll(/\u001b\[[0-9;]*m/g, "")][0]);
  for (const edge of edges) expect(["╭", "│", "╰"], what).toContain(edge);
}

test("hostile text in any place draws only inside its own cells, in every view", () => {
  for (const shift of hostile.keys())
    for (const view of views) expectInPlace(hostileState(shift, view), `${view.view ?? "activity"} ${shift}`);
});

test("hostile text in boxes, outputs, questions and the palette stays in them", () => {
  for (const [shift, evil] of hostile.entries())
    for (const overlay of overlays(evil))
      expectInPlace(
        hostileState(shift, { view: "log", focus: { panel: "log" }, overlay }),
        `${overlay.kind} ${shift}`,
      );
});
