import { beforeEach, expect, test } from "vitest";
import { actions } from "../../../src/ui/tui/actions.ts";
import { Control } from "../../../src/ui/tui/control.ts";
import { PaneSet } from "../../../src/ui/tui/panes/pane-set.ts";
import type { CommandResult } from "../../../src/ui/tui/run-command.ts";
import { Store } from "../../../src/ui/tui/store/store.ts";
import { agentOf, stateOf, townOf } from "./support/town-of.ts";

let store: Store;
let control: Control;
let ran: string[];
let end: (result: CommandResult) => void;

beforeEach(() => {
  ran = [];
  store = new Store(stateOf({ columns: 120, rows: 35 }));
  const nothing = () => undefined;
  const panes = new PaneSet({ store, host: () => Promise.reject(new Error("no host")), repaint: nothing });
  control = new Control({
    ...{ store, panes, quit: nothing, suspend: nothing, copy: nothing, refresh: nothing },
    run: (program, args) => {
      ran.push([program, ...args].join(" "));
      return new Promise((resolve) => {
        end = resolve;
      });
    },
  });
});

const select = (address: string) => store.set({ selection: { agents: address } });
const overlay = () => store.snapshot().overlay;
const toasts = () =>
  store.snapshot().toasts.map(({ tone, text, hint, command }) => [tone, text, hint, command]);

test("a command's box stands while it runs, and then shows what it wrote", async () => {
  const shown = control.showOutput("bd", ["list"]);
  expect(overlay()).toMatchObject({ title: "bd list", lines: ["running…"] });
  end({ code: 1, lines: ["error: no"] });
  await shown;
  expect(overlay()).toMatchObject({ title: "bd list (exit 1)", lines: ["error: no"] });
});

test("whoever closed the box is told the end of the output, and keeps what they do meanwhile", async () => {
  const shown = control.showOutput("bd", ["list"]);
  control.compose("gt sling ");
  end({ code: 0, lines: ["one", "two", ""] });
  await shown;
  expect(overlay()).toMatchObject({ kind: "palette" });
  expect(toasts()).toEqual([["good", "two", "", "bd list"]]);
});

test("a failed command tells what to do about it", async () => {
  const done = control.gt(["up"]);
  expect(toasts()).toEqual([["news", "running gt up", "", ""]]);
  end({ code: 1, lines: ["error: disk full", "hint: gt doctor"] });
  await done;
  expect(toasts()).toEqual([["bad", "disk full", "gt doctor", "gt up"]]);
});

test("who has no session is offered one; what the daemon does itself says so; the dead may be stopped", () => {
  const witness = agentOf({ address: "acme/witness", name: "witness", role: "witness", state: "running" });
  store.set({ town: townOf({ agents: [...townOf().agents, witness] }) });
  for (const action of ["nudge", "handoff", "open"] as const) {
    select("beta/crew/max");
    actions[action](control);
    expect(overlay(), action).toMatchObject({
      kind: "confirm",
      command: ["session", "start", "beta/crew/max"],
    });
    store.set({ overlay: undefined });
  }
  for (const action of ["handoff", "restart", "stop", "open"] as const) {
    select("acme/witness");
    actions[action](control);
    expect(overlay(), action).toMatchObject({ kind: "text", title: "acme/witness is on patrol" });
    store.set({ overlay: undefined });
  }
  select("acme/polecats/toast");
  actions.stop(control);
  expect(overlay()).toMatchObject({ kind: "confirm", command: ["session", "stop", "acme/polecats/toast"] });
  expect(ran).toEqual([]);
});

test("work that rests is resumed, by whatever key it was meant to be started (spec/04 §1.5)", () => {
  const address = "acme/polecats/nux";
  const stuck = agentOf({ address, state: "stuck", hook: "suspended", tag: "stuck", bead: "ac-1" });
  store.set({ town: townOf({ agents: [stuck] }) });
  select(address);
  for (const action of ["open", "nudge", "handoff"] as const) {
    actions[action](control);
    expect(overlay(), action).toMatchObject({ kind: "confirm", command: ["hook", "resume", address] });
    store.set({ overlay: undefined });
  }
  actions.restart(control);
  expect(ran).toEqual([`gt hook resume ${address}`]);
});
