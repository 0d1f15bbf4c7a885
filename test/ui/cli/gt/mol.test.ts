import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TownAccess } from "../../../../src/agents/town-access.ts";
import { readEvents } from "../../../../src/core/events/read-events.ts";
import { PlainTown } from "../../../support/plain-town.ts";
import { runGt } from "../../../support/run-cli.ts";

const sam = "greenplace/crew/sam";
let town: PlainTown;
let access: TownAccess;
let bead: string;

beforeAll(async () => {
  town = new PlainTown();
  access = await town.access();
  mkdirSync(join(town.root, sam), { recursive: true });
  const { created } = await access.ledger.write("overseer", [
    {
      op: "ensureAgent",
      agent: { id: "gp-crew-sam", address: sam, role: "crew", rig: "greenplace", name: "sam" },
    },
    { op: "create", bead: { title: "Tidy up", scope: "greenplace" } },
  ]);
  bead = created.at(-1) ?? "";
  await access.ledger.write("overseer", [{ op: "hook", address: sam, bead }]);
  town.write(
    ".beads/formulas/mol-tidy.formula.toml",
    `formula = "mol-tidy"
[[steps]]
id = "look"
title = "Look at {{issue}}"
[[steps]]
id = "left"
title = "Left"
needs = ["look"]
[[steps]]
id = "right"
title = "Right"
needs = ["look"]
`,
  );
});
afterAll(() => town.dispose());

const gt = (...args: readonly string[]) =>
  runGt(args, { cwd: town.root, env: { GT_ROLE: sam, GT_NO_DAEMON: "1" } });
const json = async <T = Record<string, unknown>>(...args: readonly string[]): Promise<T> => {
  const result = await gt(...args, "--json");
  expect(result.code, result.stderr).toBe(0);
  return result.json<T>();
};

test("an agent attaches a workflow to its work, follows it to the end and leaves a digest", async () => {
  expect(await json("mol", "current")).toMatchObject({
    handoff_id: bead,
    molecule_id: null,
    status: "naked",
  });
  const { molecule } = await json<{ molecule: string }>("mol", "attach", "tidy");
  expect(await json("mol", "attach", "tidy")).toMatchObject({ molecule, noop: true });
  expect(await json("mol", "attachment")).toMatchObject({
    attached_molecule: molecule,
    attached_formula: "mol-tidy",
  });
  expect(await json("mol", "status")).toMatchObject({ workflow: "mol-tidy", progress: "0/3", is_wisp: true });

  const first = await json("mol", "step", "done", "--output", '{"rooms": 2}');
  expect(first).toMatchObject({
    ...{ step_id: `${molecule}:look`, step_closed: true, next_step_id: `${molecule}:left`, complete: false },
    ...{ parallel_steps: [`${molecule}:right`], action: "parallel" },
  });
  expect(await json("mol", "step", "done", "look")).toMatchObject({ step_closed: false });
  const blocked = await gt("mol", "step", "skip", "left");
  expect([blocked.code, blocked.stderr]).toEqual([2, expect.stringContaining("--reason")]);
  expect((await gt("mol", "step", "fail", "left", "-r", "no key")).stdout).toContain(
    "[failed] 2 left  Left: no key",
  );
  expect((await gt("mol", "step", "start", "left")).stdout).toContain("[current] 2 left");
  expect(await json("mol", "dag")).toMatchObject({
    total_nodes: 3,
    tiers: 2,
    critical_path: ["look", "left"],
  });
  const last = await gt("mol", "step", "done", "left");
  expect(last.stdout).toMatch(/→ step 3 right: Right/);
  expect((await gt("mol", "step", "done")).stdout).toContain("All steps are done");
  expect(await json("mol", "progress")).toMatchObject({
    done_steps: 3,
    complete: true,
    percent_complete: 100,
  });

  const { digest_id: digest } = await json<{ digest_id: string }>("mol", "squash", "--summary", "tidy");
  expect(await access.ledger.get(digest)).toMatchObject({
    description: "tidy",
    labels: ["digest", "formula:mol-tidy"],
  });
  expect(await json("mol", "current")).toMatchObject({ handoff_id: bead, status: "naked" });
});

test("a workflow can be taken off, burned, or lost, and the work stays on the hook", async () => {
  const { molecule } = await json<{ molecule: string }>("mol", "attach", "tidy");
  expect(await json("mol", "detach")).toMatchObject({ molecule });
  expect(await access.ledger.get(molecule)).toMatchObject({ status: "open", assignee: "" });
  expect(await json("mol", "attach", molecule)).toMatchObject({ molecule, noop: false });
  expect(await json("mol", "burn")).toMatchObject({ molecule_id: molecule, deleted_count: 1 });

  const second = await json<{ molecule: string }>("mol", "attach", "tidy");
  await access.ledger.write("overseer", [{ op: "delete", id: second.molecule, reason: "gone" }]);
  expect((await gt("prime")).stdout).not.toContain("ATTACHED FORMULA");
  const events = await readEvents(town.town.paths.events, {});
  expect(events.filter(({ type }) => type === "mol_recover").map(({ payload }) => payload)).toEqual([
    expect.objectContaining({ root: second.molecule, bead }),
  ]);
  expect((await access.ledger.get(bead))?.metadata["attachment"]).not.toHaveProperty("molecule");
  expect((await access.ledger.agent(sam))?.hookBead).toBe(bead);
});
