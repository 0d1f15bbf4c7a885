import fc from "fast-check";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TuiTown } from "./support/tui-town.ts";

vi.setConfig({ testTimeout: 120_000 });

let town: TuiTown;
beforeEach(() => {
  town = new TuiTown();
});
afterEach(() => town.dispose());

type Step =
  | { readonly do: "press"; readonly keys: readonly string[] }
  | { readonly do: "type"; readonly text: string }
  | { readonly do: "resize"; readonly columns: number; readonly rows: number }
  | { readonly do: "kill" }
  | { readonly do: "close bead" };

// Not q, Ctrl-C and Ctrl-Z, which end it, and nothing that runs a command of the palette.
const keys = [
  "j",
  "k",
  "s",
  "S",
  "z",
  "X",
  "p",
  "b",
  "m",
  "c",
  "l",
  "[",
  "tab",
  "shift-tab",
  "1",
  "2",
  "3",
  "g",
  "G",
];
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .array(fc.constantFrom(...keys), { minLength: 1, maxLength: 4 })
      .map((names) => ({ do: "press" as const, keys: ["ctrl-]", "escape", ...names] })),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(["?"], ["/", "n", "u"], ["n", "x"], [":", "s"], ["space"])
      .map((names) => ({ do: "press" as const, keys: [...names, "escape", "escape"] })),
  },
  { weight: 3, arbitrary: fc.constant({ do: "press" as const, keys: ["ctrl-]", "escape", "1", "enter"] }) },
  {
    weight: 2,
    arbitrary: fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => ({
      do: "type" as const,
      text: `\u001b[200~${Buffer.from(bytes).toString("latin1").replaceAll("\u001b", "")}\u001b[201~`,
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(200), fc.nat(50), fc.constantFrom(0, 2, 32, 64, 65))
      .map(([x, y, code]) => ({ do: "type" as const, text: `\u001b[<${code};${x + 1};${y + 1}M` })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("resize" as const),
      columns: fc.integer({ min: 3, max: 220 }),
      rows: fc.integer({ min: 2, max: 60 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "kill" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "close bead" as const }) },
);

test("whatever happens to it, the TUI ends with an intact frame and a clean terminal", async () => {
  const beads = await town.convoy(
    "Auth 漢字 \u001b[2J system",
    Array.from({ length: 12 }, (_, index) => `Bead 😺 ${index}`),
  );
  for (const name of ["a", "b", "c"])
    await town.polecat(name, ["/bin/sh", "-c", "stty raw -echo; while :; do seq 1 400; sleep 0.2; done"]);
  for (const name of ["d", "e"]) await town.polecat(name, ["/bin/cat"], beads[name === "d" ? 0 : 1]);
  const terminal = await town.open({ columns: 160, rows: 45 });
  await terminal.waitForText(/1 Agents/);
  const host = await town.host();
  const ledger = await town.ledger();
  let closed = 2;
  for (const next of fc.sample(step, { numRuns: 250, seed: 7 })) {
    if (next.do === "press") terminal.press(...next.keys);
    else if (next.do === "type") terminal.type(next.text);
    else if (next.do === "resize") terminal.resize(next.columns, next.rows);
    else if (next.do === "kill") {
      const [victim] = (await host.list()).filter(({ phase }) => phase !== "exited");
      if (victim !== undefined && victim.name !== "d")
        await host.stop(victim.session, { reason: "stopped", force: true });
    } else if (beads[closed] !== undefined) {
      await ledger.write("overseer", [{ op: "close", id: beads[closed] ?? "", close: { reason: "done" } }]);
      closed++;
    }
    // Each step reads the town anew, which gives the TUI a turn without waiting for any particular frame.
    await host.list();
  }
  expect(terminal.exit).toBeUndefined();
  // From wherever it is to the agents, whatever is still waiting to be read: every Esc is followed by something that
  // cannot be taken for Alt and a key (the last one by a mouse report of the header, which means nothing).
  terminal.resize(120, 35).press("escape", "ctrl-]", "escape", "ctrl-]", "escape", "escape");
  terminal.type("\u001b[<64;1;1M1");
  const screen = await terminal.waitForText((text) => {
    const lines = text.split("\n");
    return (
      lines[1]?.startsWith("╭ 1 Agents") === true &&
      lines[0]?.includes("gastown") === true &&
      /q quit$/.test((lines[34] ?? "").trimEnd())
    );
  }, 60_000);
  for (const line of screen.split("\n").slice(1, 34)) expect(line).toMatch(/^[╭│╰].*[╮│╯]$/u);
  const memoryMb =
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${terminal.pid}/status`, "utf8"))?.[1]) / 1024;
  expect(memoryMb).toBeLessThan(300);
  terminal.press("q");
  expect(await terminal.waitForExit(60_000)).toBe(0);
  expect(terminal.alternate).toBe(false);
  expect(terminal.modes.mouseTrackingMode).toBe("none");
  expect(terminal.output).not.toMatch(/MaxListeners|Warning:|TypeError/);
});
