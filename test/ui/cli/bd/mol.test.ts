import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type BdRepository, type BeadJson, bdRepository } from "../../../support/bd-repository.ts";

const gated = `
formula = "ship"
description = "Ship {{version}}"
pour = true
[vars.version]
description = "What to ship"
required = true
pattern = '^\\d+\\.\\d+$'
[[steps]]
id = "build"
title = "Build {{version}}"
[[steps]]
id = "approve"
title = "Approve"
needs = ["build"]
gate = { type = "human", id = "Ship it?" }
[[steps]]
id = "web"
title = "Web"
needs = ["approve"]
[[steps]]
id = "api"
title = "Api"
needs = ["approve"]
`;

const plain = `
formula = "tidy"
[vars]
feature = { required = true }
[[steps]]
id = "look"
title = "Look at {{feature}}"
[[steps]]
id = "sweep"
title = "Sweep"
needs = ["look"]
`;

interface Made {
  readonly root_id: string;
  readonly created: number;
  readonly id_mapping: Readonly<Record<string, string>>;
}

async function withFormulas(): Promise<BdRepository> {
  const repository = await bdRepository();
  const directory = join(repository.path, ".beads/formulas");
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "ship.formula.toml"), gated);
  writeFileSync(join(directory, "tidy.formula.toml"), plain);
  return repository;
}

it("pours a molecule whose steps are claimed one after the other until it is complete", async () => {
  const repository = await withFormulas();
  const { bd, json } = repository;
  const missing = await bd(["mol", "pour", "ship"]);
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("--var version=<value>")]);
  expect((await bd(["mol", "pour", "ship", "--var", "version=x"])).stderr).toContain("F057");
  const {
    root_id: root,
    id_mapping: ids,
    created,
  } = await json<Made>("mol", "pour", "ship", "--var", "version=1.2");
  expect([created, ids["approve"]]).toEqual([6, `${root}.2`]);
  expect(await repository.ready()).toEqual([`${root}.1`]);

  const first = await json<{ continue: object }>("close", `${root}.1`, "--continue");
  expect(first.continue).toMatchObject({ molecule_complete: false, auto_advanced: false, molecule_id: root });
  const shown = (await bd(["mol", "current", root])).stdout;
  expect(shown).toContain(`[blocked] 2 approve  Approve: gate human (${root}.gate-2)`);
  await json("gate", "resolve", `${root}.gate-2`);
  expect(await json<{ count: number }>("mol", "ready", "--gated")).toMatchObject({ count: 1 });
  const second = await json<{ continue: { next_step: BeadJson } }>("close", `${root}.2`, "--continue");
  expect(second.continue.next_step).toMatchObject({
    id: `${root}.3`,
    status: "in_progress",
    assignee: "sam",
  });
  const other = { env: { BD_ACTOR: "ann" } };
  const third = await bd(["close", `${root}.4`, "--continue"], other);
  expect(third.stdout).toContain(`No ready step in ${root} (3/4)`);
  expect(await json("mol", "progress", root)).toMatchObject({
    done_steps: 3,
    in_progress_steps: 1,
    complete: false,
  });
  expect((await bd(["close", `${root}.3`, "--continue"])).stdout).toContain(`Molecule ${root} complete!`);
  expect((await json<BeadJson[]>("show", root))[0]).toMatchObject({ status: "closed" });
  const exported = (await bd(["export", "--all"])).stdout;
  expect(exported.match(new RegExp(`"id":"${root}`, "g"))).toHaveLength(6);
});

it("makes wisps that are one bead or many, never exports them, and squashes or burns them", async () => {
  const { bd, json } = await withFormulas();
  const refused = await bd(["mol", "wisp", "ship", "--root-only", "--var", "version=1.0"]);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("cannot be root-only")]);
  const small = await json<Made>("mol", "wisp", "tidy", "--var", "feature=Search");
  expect(small.created).toBe(1);
  const large = await json<Made>("mol", "wisp", "ship", "--var", "version=1.0");
  expect(large.created).toBe(6);
  expect(await json<object[]>("mol", "list")).toHaveLength(2);
  expect(await json<{ wisps: object[] }>("mol", "wisp", "list")).toMatchObject({ count: 2, old_count: 0 });

  const squashed = await json<{ digest_id: string }>("mol", "squash", large.root_id, "--summary", "fine");
  expect(squashed).toMatchObject({ squashed_count: 4, deleted_count: 5, wisp_squash: true });
  expect((await bd(["mol", "squash", large.root_id])).stdout).toContain(
    `already squashed into ${squashed.digest_id}`,
  );
  const exported = (await bd(["export"])).stdout;
  expect(exported).toContain(squashed.digest_id);
  expect(exported).not.toContain(small.root_id);

  expect((await bd(["mol", "burn", small.root_id])).code).toBe(1);
  expect(await json("mol", "burn", small.root_id, "--force")).toMatchObject({ deleted_count: 1 });
  expect(await json<object[]>("mol", "list")).toEqual([]);
});

it("bonds beads and formulas, in one direction only, and runs an alternative only after a failure", async () => {
  const { bd, json, create, ready } = await withFormulas();
  const [one, two, plan] = [await create("one"), await create("two"), await create("plan b")];
  await json("mol", "bond", one, two);
  const back = await bd(["mol", "bond", two, one]);
  expect([back.code, back.stderr]).toEqual([2, expect.stringContaining(`${one} -> ${two} -> ${one}`)]);
  await json("mol", "bond", two, plan, "--type", "conditional");
  const spawned = await json<{ spawned: number }>(
    "mol",
    "bond",
    one,
    "tidy",
    "--var",
    "feature=x",
    "--ref",
    "after",
  );
  expect(spawned).toMatchObject({ result_id: one, bond_type: "sequential", spawned: 3 });
  expect(await ready()).toEqual([one]);
  await bd(["close", one]);
  expect(await ready()).toEqual([`${one}.after.1`, two].toSorted());
  await bd(["close", two, "--reason", "fixed error handling"]);
  expect((await json<BeadJson[]>("show", plan))[0]).toMatchObject({ status: "closed", outcome: "skipped" });
  const epic = await create("Ship 1.2", "-t", "epic");
  const step = await create("Build 1.2 twice", "--parent", epic);
  await bd(["dep", "add", await create("Tell {{them}}", "--parent", epic), step]);
  await json("mol", "distill", epic, "ship-it", "--var", "version=1.2");
  const cooked = await json<{ steps: object[] }>("cook", "ship-it", "--var", "version=2.0");
  expect(cooked.steps).toMatchObject([
    { id: "build-1-2-twice", title: "Build 2.0 twice" },
    { title: "Tell {{them}}", needs: ["build-1-2-twice"] },
  ]);
  expect((await bd(["mol", "bond", one, "nothing"])).stderr).toContain("not found as formula or bead id");
});
