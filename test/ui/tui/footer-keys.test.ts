import { beforeEach, expect, test } from "vitest";
import { Control } from "../../../src/ui/tui/control.ts";
import { InputHandler } from "../../../src/ui/tui/handle-input.ts";
import { bindingsHere } from "../../../src/ui/tui/look-up-key.ts";
import { PaneSet } from "../../../src/ui/tui/panes/pane-set.ts";
import { emptyLine, lineOf } from "../../../src/ui/tui/store/line-editor.ts";
import type { Overlay, TuiState } from "../../../src/ui/tui/store/state.ts";
import { Store } from "../../../src/ui/tui/store/store.ts";
import { footerLine, overlayKeys } from "../../../src/ui/tui/views/footer.ts";
import { keyBytes } from "../../support/terminal.ts";
import { convoyOf, eventOf, look, noon, stateOf, townOf, trackedOf } from "./support/town-of.ts";

const size = { columns: 400, rows: 50 };

/** A town in which every list has two rows and every key something to act on. */
const town = townOf({
  agents: townOf().agents.map((agent) => ({ ...agent, phase: "idle" })),
  convoys: ["one", "two"].map((title) =>
    convoyOf({
      ...{ id: `hq-cv-${title}`, title, state: "staged", total: 2, labels: ["mountain"] },
      tracked: ["ac-1", "ac-2"].map((id) =>
        trackedOf({ id, assignee: "acme/polecats/nux", state: "in-flight" }),
      ),
    }),
  ),
  queue: ["ac-mr-1", "ac-mr-2"].map((id) => ({
    ...{ id, title: "Add login", rig: "acme", target: "main", status: "ready" as const, branch: "b" },
    ...{ worker: "acme/polecats/nux", bead: "ac-1", at: noon, reason: "", retries: 0, run: "" },
  })),
  beads: ["ac-1", "ac-2"].map((id) => ({
    ...{ id, title: "Add login", group: "ready" as const, priority: 2, type: "task" },
    ...{ assignee: "acme/polecats/nux", blockedBy: [], description: "", updatedAt: noon },
  })),
  inbox: ["hq-1", "hq-2"].map((id) => ({
    ...{ id, kind: "mail" as const, from: "mayor/", subject: "Plan", body: "", at: noon },
    ...{ isNew: true, urgency: "normal" },
  })),
  feed: ["e1", "e2"].map((id) => eventOf({ id, actor: "acme/polecats/nux" })),
  log: ["e1", "e2"].map((id) => eventOf({ id, actor: "acme/polecats/nux" })),
});

const nux = "acme/polecats/nux";
const withPane: Partial<TuiState> = {
  panes: new Map([
    [nux, { address: nux, session: "s-nux", status: "live", note: "", scroll: 0, columns: 80, rows: 24 }],
  ]),
  paneTree: { pane: nux },
  search: "needle",
};

const places: readonly (Partial<TuiState> & { readonly name: string })[] = [
  ...(["agents", "convoys", "feed"] as const).map((panel) => ({ name: panel, focus: { panel } })),
  ...(["problems", "beads", "convoy", "queue", "inbox", "log"] as const).map((view) => ({
    ...{ name: view, view, focus: { panel: view } },
  })),
  { name: "agents with a pane", ...withPane, focus: { panel: "agents" }, selection: { agents: nux } },
  { name: "a session looked at", ...withPane, focus: { pane: nux, mode: "look" } },
  { name: "a session typed into", ...withPane, focus: { pane: nux, mode: "type" } },
];

let done: string[];
beforeEach(() => {
  done = [];
});

/** The TUI without a terminal and a town behind it; what it would do outside of itself is written down. */
function openAt(fields: Partial<TuiState>): { readonly store: Store; readonly press: (key: string) => void } {
  const store = new Store(stateOf(size, { town, ...fields }));
  const panes = new PaneSet({
    store,
    host: () => Promise.reject(new Error("no host")),
    repaint: () => undefined,
  });
  const note = (what: string) => () => void done.push(what);
  const control = new Control({
    ...{ store, panes, quit: note("quit"), suspend: note("suspend"), copy: note("copy") },
    refresh: note("refresh"),
    run: (program, args) => {
      done.push([program, ...args].join(" "));
      return new Promise(() => undefined);
    },
  });
  for (const of of ["nudge", "palette"] as const) control.history(of).add("typed before");
  const input = new InputHandler(control, look);
  return {
    store,
    press: (key) => {
      input.receive(Buffer.from(keyBytes(key), "latin1"));
      // A lone Esc waits for what may follow it.
      if (key === "escape") input.flush();
    },
  };
}

/** Pressing the key changes what is on the screen or does something outside. */
function expectSomething(fields: Partial<TuiState>, key: string, what: string): void {
  const { store, press } = openAt(fields);
  const before = store.snapshot();
  press(key);
  const after = store.snapshot();
  const changed = Object.keys(after).filter(
    (name) => after[name as keyof TuiState] !== before[name as keyof TuiState],
  );
  expect([...changed, ...done], `${what}: ${key}`).not.toEqual([]);
}

test("every key that a footer shows does something there", () => {
  let pressed = 0;
  for (const { name, ...fields } of places) {
    const state = stateOf(size, { town, ...fields });
    const shown = bindingsHere(look.bindings, state).filter(
      ({ footer, isUseful }) => footer !== undefined && (isUseful?.(state) ?? true),
    );
    const text = footerLine(state, look, size.columns)
      .map((piece) => piece.text)
      .join("");
    for (const { action, keys, footer = "" } of shown) {
      expect(text, `${name}: ${action}`).toContain(footer);
      // It writes a file; its flow presses it.
      if (action === "exportLog") continue;
      for (const key of keys) {
        done = [];
        expectSomething(fields, key, `${name}, ${action}`);
        pressed++;
      }
    }
  }
  expect(pressed).toBeGreaterThan(100);
});

test("every key that the footer of a box shows does something in it", () => {
  const lines = Array.from({ length: 200 }, (_, index) => `line ${index}`);
  const boxes: readonly Overlay[] = [
    { kind: "help", editor: emptyLine, scroll: 0 },
    { kind: "nudge", targets: [nux], editor: emptyLine },
    { kind: "ask", title: "Answer", editor: lineOf("yes"), command: ["mail", "reply"] },
    { kind: "search", pane: nux, editor: lineOf("needle") },
    { kind: "filter", panel: "agents", editor: lineOf("nux") },
    { kind: "choose", panel: "log", selected: 0 },
    { kind: "palette", editor: emptyLine, selected: 0 },
    { kind: "confirm", title: "Stop?", lines: ["Its session ends."], command: ["session", "stop"] },
    { kind: "text", title: "Output", lines, scroll: 0 },
  ];
  expect(new Set(boxes.map(({ kind }) => kind))).toEqual(new Set(Object.keys(overlayKeys)));
  for (const overlay of boxes)
    for (const [key] of overlayKeys[overlay.kind]) {
      done = [];
      expectSomething({ overlay }, key === "type" ? "x" : key, overlay.kind);
    }
});

test("a footer offers nothing that needs a row where there is none", () => {
  const empty = townOf({ agents: [], convoys: [], queue: [], beads: [], inbox: [], feed: [], log: [] });
  for (const view of ["problems", "beads", "convoy", "queue", "inbox", "log"] as const) {
    const state = stateOf(size, { town: empty, view, focus: { panel: view } });
    const text = footerLine(state, look, size.columns)
      .map((piece) => piece.text)
      .join("");
    expect(text, view).not.toMatch(/ (show|reply|retry|reject|sling|attach|seen|restart|handoff|nudge) /);
    expect(text, view).toContain("q quit");
  }
});
