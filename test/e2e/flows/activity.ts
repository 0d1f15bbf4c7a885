import { expect } from "vitest";
import type { TestTerminal } from "../../support/terminal.ts";
import { shell } from "../support/tui-town.ts";
import type { Flow } from "./flow.ts";

/** Says the size of its terminal, at first and whenever it changes. */
const tellsItsSize = [
  "/bin/sh",
  "-c",
  'tell() { echo "$(stty size) is mine"; }; trap tell WINCH; tell; while sleep 0.1; do :; done',
];

/** The default view and its panels. */
export const activityFlows: readonly Flow[] = [
  {
    name: "start",
    says: "opens on agents, convoys and feed, says which keys work, and leaves with q",
    town: async (town) => {
      await town.convoy("Auth system", ["Add login"]);
      await town.polecat("nux", undefined);
    },
    steps: (person) =>
      person
        .sees("gastown", "nux", "Auth system", /convoy_created|created|Auth/, /q quit/)
        .press("q")
        .does(async () => expect(await person.terminal.waitForExit()).toBe(0)),
  },
  {
    name: "panels",
    says: "1, 2, 3 and Tab lead from panel to panel",
    town: async (town) => {
      await town.convoy("Auth system", ["Add login"]);
      await town.polecat("nux", undefined);
    },
    steps: (person) =>
      person
        .convoys()
        .select("Auth system")
        .feed()
        .agents()
        .select("nux")
        .press("tab")
        .sees(/ convoys /)
        .press("shift-tab")
        .sees(/ agents /),
  },
  {
    name: "fold",
    says: "a rig folds to one row with its counts, and unfolds",
    town: async (town) => void (await town.polecat("nux", undefined)),
    steps: (person) =>
      person
        .agents()
        .select("nux")
        .press("left")
        .seesNo("nux")
        .sees(/greenplace \(\d+\)/)
        .press("right")
        .sees("nux"),
  },
  {
    name: "filter",
    says: "/ narrows a list as it is typed, and Esc brings everything back",
    town: async (town) => {
      await town.polecat("nux", undefined);
      await town.polecat("slit", undefined);
    },
    steps: (person) =>
      person
        .agents()
        .sees("nux", "slit")
        .press("/")
        .type("sli")
        .seesNo("nux")
        .enter()
        .sees("1 Agents · /sli")
        .escape()
        .sees("nux"),
  },
  {
    name: "help",
    says: "? says what the selected agent's state means and which keys work, and finds one by its words",
    town: async (town) => void (await town.polecat("nux", undefined)),
    steps: (person) =>
      person
        .agents()
        .select("nux")
        .press("?")
        .sees("search:", "is idle", /Means/)
        .type("handoff")
        .seesNo("Means")
        .type("\u0015fresh one")
        .sees(/h +Replace the session/)
        .escape()
        .seesNo("search:"),
  },
  {
    name: "palette",
    says: ": completes a command and its bead, runs it, and shows what it says",
    town: async (town) => void (await town.convoy("Auth system", ["Add login"])),
    steps: (person) =>
      person
        .sees("Auth system")
        .press(":")
        .type("bdshow")
        .sees(/bd show/)
        .press("tab")
        .type("login")
        .sees("Add login")
        .press("tab", "enter")
        .sees(/╭ bd show gp-/, "Add login")
        .escape()
        .seesNo("bd show"),
  },
  {
    name: "resize",
    says: "whatever the size of the terminal, the frame is whole, down to one line that says what is wrong",
    town: async (town) => void (await town.polecat("nux", undefined)),
    steps: (person) =>
      person
        .sees("nux")
        .resize(60, 16)
        .sees(/1 Agents[\s\S]*╰─+╯/)
        .resize(40, 10)
        .sees(/╭ 1 Agents/)
        .resize(20, 5)
        .sees("20x5 is too small")
        .resize(200, 50)
        .sees(/1 Agents[\s\S]*2 Convoys/, "nux"),
  },
  {
    name: "open",
    says: "Enter opens an agent's terminal and types into it; Ctrl-] leaves, and a second one is for the session",
    town: async (town) => void (await town.polecat("nux", ["/bin/sh", "-c", "echo ready; exec cat -v"])),
    steps: (person) =>
      person
        .agents()
        .select("nux")
        .enter()
        .sees("ready", "TYPING")
        .type("hello there")
        .enter()
        .sees(/hello there[\s\S]*hello there/)
        .press("ctrl-]")
        .seesNo("TYPING")
        .press("ctrl-]")
        .sees("^]", "TYPING"),
  },
  {
    name: "split",
    says: "s and S put terminals beside and below each other, z zooms, X closes the pane and not the agent",
    town: async (town) => {
      await town.polecat("nux", shell);
      await town.polecat("slit", shell);
    },
    steps: (person, town) =>
      person
        .agents()
        .select("nux")
        .press("s")
        .sees("nux$")
        .press("ctrl-]")
        .agents()
        .select("slit")
        .press("S")
        .sees("slit$")
        .press("ctrl-]")
        .press("alt-1")
        .sees(/nux[^\n]*TYPING/)
        .press("ctrl-]", "z")
        .sees(/╭ 😺 nux[^\n]*TYPING/)
        .seesNo("1 Agents")
        .press("ctrl-]")
        .press("X")
        .sees("1 Agents")
        .does(async () => {
          const sessions = await (await town.host()).list();
          expect(sessions.map(({ phase }) => phase)).not.toContain("exited");
        }),
  },
  {
    name: "look-back",
    says: "[ looks back at what scrolled away, / searches it, y copies what is found",
    town: async (town) =>
      void (await town.polecat("nux", ["/bin/sh", "-c", "echo needle in hay; seq 1 200; exec cat"])),
    steps: (person) =>
      person
        .agents()
        .select("nux")
        .enter()
        .sees(/│200 /)
        .press("ctrl-]", "[")
        .sees("LOOKING")
        .press("pageup")
        .sees(/lines back/)
        .press("/")
        .type("needle")
        .sees(/│needle in hay/)
        .press("enter", "y")
        .sees("copied 6 characters")
        .does(() => expect(person.terminal.clipboard()).toBe("needle")),
  },
  {
    name: "mouse",
    says: "a click selects an agent, a second one opens its terminal; counts in the header and keys in the footer can be clicked",
    town: async (town) => void (await town.polecat("nux", shell)),
    steps: (person) =>
      person
        .sees("nux")
        .click("nux")
        .click("nux")
        .sees("TYPING", "nux$")
        .press("ctrl-]")
        .seesNo("TYPING")
        .click("p problems")
        .sees("╭ Problems")
        .click("1 agents")
        .sees("1 Agents"),
  },
  {
    name: "viewers",
    says: "a session has the size of its largest view; the others show a part of it, also gt attach",
    town: async (town) => void (await town.polecat("nux", tellsItsSize)),
    steps: (person, town) => {
      // Over the whole screen but for header, footer and frame; gt attach has one line of its own.
      const own = { columns: person.terminal.columns - 2, rows: person.terminal.rows - 4 };
      const other = { columns: 120, rows: 34 };
      const isSmaller = own.columns * own.rows < other.columns * other.rows;
      const largest = isSmaller ? other : own;
      let attached: TestTerminal;
      return person
        .agents()
        .select("nux")
        .press("z")
        .sees(`${own.rows} ${own.columns} is mine`)
        .does(async () => {
          attached = town.command(["attach", "greenplace/nux"], { columns: 120, rows: 35 });
          await attached.waitForText(`${largest.rows} ${largest.columns} is mine`);
          await attached.waitForText(
            isSmaller ? "Ctrl-] leaves" : new RegExp(`part of ${own.columns}x${own.rows} .*Ctrl-\\] leaves`),
          );
        })
        .sees(isSmaller ? `part of ${other.columns}x${other.rows}` : "TYPING")
        .sees(`${largest.rows} ${largest.columns} is mine`)
        .does(async () => {
          attached.press("ctrl-]");
          await attached.waitForText("Detached from greenplace/polecats/nux");
        })
        .seesNo("part of")
        .sees(new RegExp(`${own.rows} ${own.columns} is mine(?![\\s\\S]* is mine)`));
    },
  },
];
