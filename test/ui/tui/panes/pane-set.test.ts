import { afterEach, beforeEach, expect, test } from "vitest";
import type { AttachOptions, SessionHost } from "../../../../src/agents/sessions/session-host.ts";
import { PaneSet } from "../../../../src/ui/tui/panes/pane-set.ts";
import { initialState } from "../../../../src/ui/tui/store/state.ts";
import { Store } from "../../../../src/ui/tui/store/store.ts";
import { waitFor } from "../../../support/wait-for.ts";

const address = "acme/polecats/nux";
let panes: PaneSet;
let view: AttachOptions;
let acknowledged: number;
let refreshes: number;
let repaints: number;

beforeEach(async () => {
  acknowledged = 0;
  refreshes = 0;
  repaints = 0;
  const host = {
    attach: async (_session: string, options: AttachOptions) => {
      view = options;
      return {
        columns: 80,
        rows: 24,
        write: () => {},
        resize: () => {},
        acknowledge: (bytes: number) => {
          acknowledged += bytes;
        },
        refresh: () => {
          refreshes++;
        },
        detach: () => {},
      };
    },
  };
  const store = new Store(initialState({ columns: 160, rows: 45 }, 0));
  panes = new PaneSet({
    store,
    host: async () => host as unknown as SessionHost,
    repaint: () => {
      repaints++;
    },
  });
  panes.open(address, "gt-nux");
  await waitFor(() => store.snapshot().panes.get(address)?.status === "live", { what: "the session" });
});
afterEach(() => panes.closeAll());

const lines = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => `line ${first + index}`).join("\r\n");
const shows = (text: string) =>
  waitFor(() => panes.get(address)?.text().includes(text), { what: `"${text}" in the pane` });

test("the host is told what was painted, not what came", async () => {
  view.onData(Buffer.from("hello"));
  await shows("hello");
  expect(acknowledged).toBe(0);
  expect(repaints).toBeGreaterThan(0);
  panes.painted();
  await waitFor(() => acknowledged === 5, { what: "the acknowledgement" });
});

test("who scrolls back where nothing has scrolled away gets it from the host, and it stands still", async () => {
  view.onData(Buffer.from("a picture of a flooded screen"));
  await shows("picture");
  panes.scroll(address, 10);
  expect(refreshes).toBe(1);
  expect(panes.get(address)?.scroll).toBe(0);
  view.onData(Buffer.from(`\u001bc\u001b[?2026h${lines(1, 100)}\u001b[?2026l`));
  await waitFor(() => panes.get(address)?.scroll === 10, { what: "the view to be scrolled" });
  await shows("line 70");
  panes.painted();
  await waitFor(() => acknowledged > 0, { what: "the acknowledgement" });
  const before = { acknowledged, text: panes.get(address)?.text() };
  view.onData(Buffer.from(`\r\n${lines(101, 50)}`));
  panes.painted();
  await new Promise((resolve) => setImmediate(resolve));
  expect({ acknowledged, text: panes.get(address)?.text() }).toEqual(before);
  panes.scroll(address, -10);
  await shows("line 150");
  panes.painted();
  await waitFor(() => acknowledged > before.acknowledged, { what: "the host to be told" });
});
