import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { attachmentOf } from "../../../src/agents/lifecycle/attachment.ts";
import { feedConvoy } from "../../../src/agents/lifecycle/feed-convoy.ts";
import { legOptions } from "../../../src/agents/lifecycle/leg-options.ts";
import { planRun, startRun } from "../../../src/agents/lifecycle/run-convoy.ts";
import { findTarget } from "../../../src/agents/lifecycle/run-target.ts";
import { readSynthesis, startSynthesis, unfinishedLegs } from "../../../src/agents/lifecycle/synthesis.ts";
import { slingLibrary } from "../../../src/agents/lifecycle/work-formula.ts";
import type { Bead } from "../../../src/core/ledger/bead.ts";
import { beadOf } from "../../support/bead-of.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

let town: WorkTown;
beforeAll(async () => {
  town = await WorkTown.create();
});
afterAll(() => town.dispose());

const formula = `
formula = "survey"
type = "convoy"
review_only = true
[inputs.files]
type = "list"
required = true
[prompts]
base = """
Files:
{{files}}

\`\`\`sh
echo {{leg.id}} > "{{output_path}}"
\`\`\`
"""
[output]
directory = ".surveys/{{run_id}}"
[[legs]]
id = "left"
[[legs]]
id = "right"
[synthesis]
title = "Sum up"
description = "Read both."
`;

test("the legs of a run are worked on side by side, and the synthesis waits until their findings are written", async () => {
  town.write(".beads/formulas/survey.formula.toml", formula);
  const access = await town.access();
  const rig = town.rig("web");
  const request = {
    file: slingLibrary(access, rig).require("survey"),
    rig,
    given: {},
    target: await findTarget(rig, { files: ["*.md"] }, () => Promise.reject(new Error("not asked"))),
    legs: [],
    notify: [],
    isFed: true,
  };
  const planned = planRun(access, request);
  const run = await startRun(access, request, planned);
  const bead = async (id: string | undefined): Promise<Bead> => {
    const found = await access.ledger.get(id ?? "");
    if (found === undefined) throw new Error(`no bead ${id}`);
    return found;
  };
  expect((await bead(run.legs["left"])).description).toContain("- README.md");
  const { fed, failed } = await feedConvoy(access, await bead(run.convoy));
  expect(failed).toEqual([]);
  expect(fed.map((dispatch) => dispatch.bead).toSorted()).toEqual(Object.values(run.legs).toSorted());
  expect(attachmentOf(await bead(run.legs["left"])).review_only).toBe(true);

  await waitFor(async () => {
    const legs = await Promise.all(Object.values(run.legs).map(bead));
    return legs.every(({ status }) => status === "closed");
  });
  const written = planned.plan.legs.map(({ outputPath }) => readFileSync(outputPath, "utf8"));
  expect(written).toEqual(["left\n", "right\n"]);
  expect((await bead(run.legs["left"])).metadata["leg"]).toMatchObject({
    output_exists: true,
    output_size: 5,
    output_sha256: createHash("sha256").update("left\n").digest("hex"),
  });
  expect(await bead(run.synthesis)).toMatchObject({ status: "open", isBlocked: false });
  const state = await readSynthesis(access.ledger, await bead(run.convoy));
  expect(unfinishedLegs(state)).toEqual([]);
  expect(state.legs.map(({ leg, hasOutput }) => [leg.id, hasOutput]).toSorted()).toEqual([
    ["left", true],
    ["right", true],
  ]);
});

test("a synthesis is started early only by force, and its text says which legs are missing", async () => {
  const access = await town.access();
  const rig = town.rig("web");
  const request = {
    file: slingLibrary(access, rig).require("survey"),
    rig,
    given: { files: "- all" },
    target: { inputs: {}, facts: {}, title: "" },
    legs: [],
    notify: [],
    isFed: false,
  };
  const run = await startRun(access, request, planRun(access, request));
  const convoy = await access.ledger.get(run.convoy);
  if (convoy === undefined) throw new Error("no convoy");
  const state = await readSynthesis(access.ledger, convoy);
  await expect(startSynthesis(access, state, { force: false })).rejects.toMatchObject({ code: "E_REFUSED" });
  // A shell worker needs a script, and a synthesis has none.
  await expect(startSynthesis(access, state, { force: true })).rejects.toMatchObject({ code: "E_NO_SCRIPT" });
  const synthesis = await access.ledger.get(run.synthesis ?? "");
  expect(synthesis).toMatchObject({ isBlocked: false });
  expect(synthesis?.description).toContain(`- left (${run.legs["left"]}, open)`);
});

test("a leg is slung as its run wants it, below what is asked for", () => {
  const leg = { id: "left", output_path: "/out/left.md", review_only: true, agent: "codex" };
  expect(legOptions(beadOf({ id: "web-leg-1", metadata: { leg } }))).toEqual({
    agent: "codex",
    reviewOnly: true,
    vars: { output_path: "/out/left.md" },
  });
  expect(legOptions(beadOf({ id: "web-1" }))).toEqual({});
});

test("pull requests are looked up on the code host, and globs without a file are refused", async () => {
  const rig = town.rig("web");
  const found = await findTarget(rig, { pr: 12, files: [] }, async () => ({
    code: 0,
    stdout: JSON.stringify({
      number: 12,
      title: "Login",
      files: [{ path: "a.ts", additions: 3, deletions: 1 }],
    }),
    stderr: "",
  }));
  expect(found).toEqual({
    title: "PR 12 Login",
    inputs: { pr: "12" },
    facts: {
      target_description: "PR 12 Login",
      pr_number: "12",
      pr_title: "Login",
      changed_files: "- a.ts (+3/-1)",
    },
  });
  const failing = async () => ({ code: 1, stdout: "", stderr: "no such request" });
  await expect(findTarget(rig, { pr: 13, files: [] }, failing)).rejects.toMatchObject({ code: "E_GH" });
  const told: string[] = [];
  const wish = { pr: 13, files: [], onMissingGh: (reason: string) => void told.push(reason) };
  expect((await findTarget(rig, wish, failing)).title).toBe("PR 13");
  expect(told).toHaveLength(1);
  await expect(findTarget(rig, { files: ["*.zig"] }, failing)).rejects.toMatchObject({ code: "E_NOT_FOUND" });
});
