import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { TuiTown } from "../support/tui-town.ts";
import type { Flow } from "./flow.ts";

const mayor = { GT_ROLE: "mayor" };

/** The other views. */
export const viewFlows: readonly Flow[] = [
  {
    name: "beads",
    says: "b shows beads by what can be done with them; one is made, filtered, shown, closed, and that is taken back",
    town: async (town) => void (await town.convoy("Auth system", ["Add login", "Tidy docs"])),
    steps: (person) =>
      person
        .beads()
        .sees("READY (2)", "Add login")
        .press("+")
        .sees(/: +bd create --prefix greenplace "/)
        .type('Write tests"')
        .enter()
        .sees("Created issue")
        .escape()
        .sees("READY (3)")
        .press("/")
        .type("docs")
        .seesNo("Add login")
        .enter()
        .press("enter")
        .sees("Tidy docs", /bd show gp-/)
        .escape()
        .press("x")
        .type("'not needed'")
        .enter()
        .sees(/Closed/)
        .escape()
        .sees("CLOSED (1)")
        .press("u")
        .sees("Take back?", /bd reopen gp-/)
        .press("y")
        .sees("READY (1)"),
  },
  {
    name: "bead-detail",
    says: "where there is room, the selected bead is explained beside the list",
    town: async (town) => void (await town.convoy("Auth system", ["Add login"])),
    steps: (person) =>
      person
        .beads()
        .select("Add login")
        .does(async () => {
          if (person.terminal.columns < 110) return;
          await person.terminal.waitForText(/is ready[\s\S]*Means[\s\S]*HISTORY/);
        })
        .press("?")
        .sees("search:")
        .sees(/is ready[\s\S]*Means[\s\S]*Do /)
        .escape(),
  },
  {
    name: "sling-from-beads",
    says: "a bead that waits for a person stands among the blocked; s on one begins the command, e changes it, v puts it into a convoy",
    town: async (town) => {
      const [, second = ""] = await town.convoy("Auth system", ["Add login", "Ask for a key"]);
      await (await town.ledger()).write("overseer", [
        { op: "update", id: second, fields: { status: "blocked" } },
        { op: "addLabel", id: second, label: "gt:escalated" },
      ]);
    },
    steps: (person) =>
      person
        .beads()
        .sees(/BLOCKED \(1\)[\s\S]*Ask for a key +.*asks for help/)
        .select("Add login")
        .press("s")
        .sees(/: +gt sling gp-\w+ /)
        .escape()
        .press("e")
        .sees(/: +bd update gp-\w+ --/)
        .escape()
        .press("v")
        .sees(/: +gt convoy add \S+ gp-/)
        .escape()
        .sees("Beads"),
  },
  {
    name: "convoy",
    says: "c shows a convoy by waves, with what each bead waits for",
    town: async (town) => {
      const [first = "", second = ""] = await town.convoy("Auth system", ["Add login", "Add logout"]);
      await town.gt(["dep", "add", second, first], {}, "bd");
    },
    steps: (person) =>
      person
        .convoys()
        .select("Auth system")
        .convoy()
        .sees(/WAVE 1[\s\S]*Add login[\s\S]*WAVE 2[\s\S]*Add logout/)
        .press("+")
        .sees(/: +gt convoy add/)
        .escape()
        .press("c")
        .sees("2 Convoys"),
  },
  {
    name: "queue",
    says: "m shows the merge queue with why a request stands where it stands, and offers to retry or reject it",
    town: mergeRequests,
    steps: (person) =>
      person
        .queue()
        .sees(/greenplace \(2\)/, "quarantined")
        .select("quarantined")
        .press("?")
        .sees("search:")
        .sees(/is quarantined[\s\S]*Means/, /crashed the gate/i)
        .escape()
        .press("x")
        .sees(/: +gt mq reject/)
        .escape()
        .press("+")
        .sees(/: +bd update .* --priority/)
        .escape()
        .press("m")
        .sees("1 Agents"),
  },
  {
    name: "inbox",
    says: "i shows mail and escalations; one is acknowledged and closed, the other answered and read",
    town: async (town) => {
      await town.gt(["mail", "send", "--human", "-s", "Plan for today", "-m", "Which rig first?"], mayor);
      await town.gt(["escalate", "CI is down", "-s", "critical", "-m", "three gates time out"], mayor);
    },
    steps: (person) =>
      person
        .sees(/⏫ 1/)
        .inbox()
        .sees(/ESCALATIONS \(1\) 1 not seen/, "CI is down", "Plan for today")
        .select("CI is down")
        .press("a")
        .seesNo("1 not seen")
        .press("x")
        .sees("what was done?")
        .type("\u0015runner restarted")
        .enter()
        .seesNo("ESCALATIONS")
        .select("Plan for today")
        .press("r")
        .sees("Answer mayor/")
        .type("web, please")
        .enter()
        .sees("gt mail reply")
        .press("enter")
        .sees("gt mail read", "Which rig first?")
        .escape()
        .seesNo("1 unread"),
  },
  {
    name: "log",
    says: "l shows every event, back in time, narrowed by what is chosen, and writes it to a file",
    town: async (town) => {
      await town.convoy("Auth system", ["Add login"]);
      await town.gt(["mail", "send", "mayor/", "-s", "Hello", "-m", "there"]);
    },
    steps: (person, town) =>
      person
        .log()
        .sees("Hello")
        .press("f")
        .sees("Show only", "type:comms")
        .select("type:comms")
        .press("space")
        .sees("Show only type:comms")
        .escape()
        .sees("Log · type:comms")
        .press("e")
        .sees(/wrote \d+ events? to gt-log-/)
        .does(() => {
          const [file = ""] = readdirSync(town.plain.root).filter((name) => name.startsWith("gt-log-"));
          const path = join(town.plain.root, file);
          const rows = readFileSync(path, "utf8").trim().split("\n");
          expect(rows.map((row) => (JSON.parse(row) as { type: string }).type)).not.toContain(
            "convoy_created",
          );
          rmSync(path);
        })
        .escape()
        .sees(/Log/),
  },
];

async function mergeRequests(town: TuiTown): Promise<void> {
  const [bead = ""] = await town.convoy("Auth system", ["Add login"]);
  const request = (branch: string, mr: object) =>
    ({
      op: "create",
      bead: {
        title: `Merge: ${branch}`,
        type: "merge-request",
        scope: "greenplace",
        labels: ["gt:merge-request"],
        metadata: { mr: { rig: "greenplace", branch, target: "main", source_issue: bead, ...mr } },
      },
    }) as const;
  await (await town.ledger()).write("greenplace/polecats/nux", [
    request("polecat/nux/one", { phase: "ready" }),
    request("polecat/nux/two", { phase: "quarantined", phase_reason: "crashed the gate 3 times" }),
  ]);
}
