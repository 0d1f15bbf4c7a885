import { expect } from "vitest";
import { shell } from "../support/tui-town.ts";
import type { Flow } from "./flow.ts";

/** Acting on agents. */
export const actingFlows: readonly Flow[] = [
  {
    name: "nudge",
    says: "n writes an agent a line, from a template or not, and says what was run and what came of it",
    town: async (town) => void (await town.polecat("nux", ["/bin/sh", "-c", "exec cat"])),
    steps: (person) =>
      person
        .agents()
        .select("nux")
        .press("n")
        .sees("Nudge nux")
        .press("tab")
        .sees("› status?")
        .type("\u0015how far?")
        .enter()
        .sees(/gt nudge greenplace\/polecats\/nux -m/),
  },
  {
    name: "broadcast",
    says: "Space marks agents; one line goes to all of them",
    town: async (town) => {
      await town.polecat("nux", undefined);
      await town.polecat("slit", undefined);
    },
    steps: (person) =>
      person
        .agents()
        .select("nux")
        .press("space", "space")
        .sees("2 marked")
        .press("n")
        .sees("Nudge nux, slit")
        .escape()
        .seesNo("Nudge nux"),
  },
  {
    name: "handoff",
    says: "h asks first, and no is what Enter means",
    town: async (town) => void (await town.polecat("nux", shell)),
    steps: (person, town) =>
      person
        .agents()
        .select("nux")
        .press("h")
        .sees("Hand nux off?", "gt handoff")
        .enter()
        .seesNo("Hand nux off?")
        .does(async () => {
          const [session] = await (await town.host()).list();
          expect(session?.phase).not.toBe("exited");
        }),
  },
  {
    name: "problems",
    says: "p shows who needs a person and why; a puts it aside, x asks before it stops one",
    town: async (town) => {
      const [bead] = await town.convoy("Auth system", ["Add login"]);
      await town.polecat("nux", undefined, bead);
    },
    steps: (person) =>
      person
        .sees("nux")
        .problems()
        .sees(/NEEDS ATTENTION \(1\)/, /nux +💀 dead/, "r restart")
        .press("a")
        .sees("seen")
        .press("x")
        .sees("Stop nux?")
        .press("n")
        .seesNo("Stop nux?")
        .press("?")
        .sees("is zombie", /Because/)
        .escape()
        .escape()
        .sees("1 Agents"),
  },
];
