import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { moleculeDirectory, type RunEnd, runSteps } from "../../../src/agents/lifecycle/run-steps.ts";
import { notingRun } from "../../../src/agents/lifecycle/step-script.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { changeStep } from "../../../src/core/formulas/advance.ts";
import { moleculeOfRoot, readMolecule } from "../../../src/core/formulas/molecule.ts";
import { newMoleculeId, pouring } from "../../../src/core/formulas/pour.ts";
import type { ProtoStep } from "../../../src/core/formulas/proto.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { protoOf } from "../../core/formulas/proto-fixture.ts";
import { PlainTown } from "../../support/plain-town.ts";

let town: PlainTown;
let access: TownAccess;
beforeEach(async () => {
  town = new PlainTown();
  access = await town.access();
});
afterEach(() => town.dispose());

type Steps = readonly (Partial<ProtoStep> & { readonly id: string })[];

async function poured(steps: Steps, form: "poured" | "root-only" = "poured"): Promise<string> {
  const { ledger, random } = access;
  const root = await newMoleculeId(ledger, random, "greenplace", "vapor");
  const proto = protoOf("scripts", steps);
  const { operations } = pouring({ proto, form, phase: "vapor", root, scope: "greenplace", now: Date.now() });
  await ledger.write("overseer", operations);
  return root;
}

const run = (root: string): Promise<RunEnd> =>
  runSteps(access, { root, cwd: town.root, show: new PassThrough().resume() });
const states = async (root: string) =>
  (await readMolecule(access.ledger, root)).steps.map(
    ({ step, state, reason }) => `${step}: ${state} ${reason}`,
  );

test.each(["poured", "root-only"] as const)(
  "scripts of a %s molecule run in order, keep their output, and stop at what needs somebody",
  async (form) => {
    const root = await poured(
      [
        { id: "one", run: 'echo "[1]" > "$GT_STEP_OUTPUT"; echo first >> "$GT_MOL_DIR/order"; pwd' },
        {
          id: "two",
          needs: ["one"],
          run: "console.log(process.env.GT_STEP, process.env.COLOUR)",
          shell: "node",
          env: { COLOUR: "red" },
        },
        { id: "talk", needs: ["two"] },
        { id: "last", needs: ["talk"], run: "true" },
      ],
      form,
    );
    expect(await run(root)).toMatchObject({ is: "agent", step: { step: "talk" } });
    const directory = moleculeDirectory(access, root);
    expect(readFileSync(join(directory, "order"), "utf8")).toBe("first\n");
    expect(readFileSync(join(directory, "two.log"), "utf8")).toBe("two red\n");
    const bead = await access.ledger.get(form === "poured" ? `${root}.1` : root);
    expect(JSON.stringify(bead?.metadata)).toContain('"output":[1]');
    await changeStep(
      access.ledger,
      { root, step: "talk", actor: "overseer", now: Date.now() },
      { verb: "done" },
    );
    expect(await run(root)).toEqual({ is: "complete" });
    expect(await states(root)).toContainEqual(expect.stringMatching(/^last: done run ok \(0\.\ds\)$/));
  },
);

test("a failing script is tried as often as it may, then it and what needs it wait for somebody", async () => {
  const root = await poured([
    { id: "flaky", run: "echo try; exit 1", retry: { max: 2, delay: "1ms" } },
    { id: "after", needs: ["flaky"], run: "true" },
  ]);
  expect(await run(root)).toMatchObject({ is: "failed", code: 1, step: { step: "flaky" } });
  expect(readFileSync(join(moleculeDirectory(access, root), "flaky.log"), "utf8")).toBe("try\ntry\ntry\n");
  expect(await access.ledger.get(`${root}.1`)).toMatchObject({ status: "blocked", notes: "try\ntry\ntry\n" });
  expect(await states(root)).toEqual(["flaky: failed exit 1", `after: blocked ${root}.1 has failed`]);
  const events = await readEvents(town.town.paths.events, {});
  expect(events.find(({ type }) => type === "mol_step_fail")?.payload).toMatchObject({ exit: 1, attempt: 3 });
  // Said again, nothing is run again.
  expect(await run(root)).toMatchObject({ is: "failed" });
});

test("a failure that does not matter lets the rest go on, a gate holds it until it is open", async () => {
  const root = await poured([
    { id: "lint", run: "exit 9", on_fail: "continue" },
    { id: "ship", needs: ["lint"], run: "true", gate: { type: "human", await_id: "Now?" } },
  ]);
  expect(await run(root)).toMatchObject({ is: "gated", reason: `gate human (${root}.gate-2)` });
  await access.ledger.write("overseer", [
    { op: "close", id: `${root}.gate-2`, close: { reason: "yes", force: true } },
  ]);
  expect(await run(root)).toEqual({ is: "complete" });
  expect(await access.ledger.get(`${root}.1`)).toMatchObject({ status: "closed", outcome: "failure" });
});

/** As a runner leaves it that is killed in the middle of a script. */
async function died(root: string, name: string, crashes: number): Promise<void> {
  const bead = await access.ledger.get(root);
  if (bead === undefined) throw new Error("the root is gone");
  await changeStep(
    access.ledger,
    { root, step: name, actor: "overseer", now: Date.now() },
    { verb: "start" },
  );
  const step = (await moleculeOfRoot(access.ledger, bead)).steps.find((each) => each.step === name);
  if (step === undefined) throw new Error(`there is no step ${name}`);
  const state = { attempt: 1, crashes, pid: 1, pid_started_at: "never", started_at: "" };
  await access.ledger.write("overseer", [notingRun(bead, step, state)]);
}

test("a step whose runner died is run again, unless it must not be, and not for ever", async () => {
  const root = await poured([{ id: "again", run: "true" }]);
  await died(root, "again", 1);
  expect(await run(root)).toEqual({ is: "complete" });

  const once = await poured([{ id: "once", run: "touch ran-twice", once: true }]);
  await died(once, "once", 0);
  expect(await run(once)).toMatchObject({ is: "failed", reason: "may have partly run" });

  const worn = await poured([{ id: "worn", run: "touch ran-twice" }]);
  await died(worn, "worn", 2);
  expect(await run(worn)).toMatchObject({ is: "failed", reason: "its runner died 3 times" });
  expect(existsSync(join(town.root, "ran-twice"))).toBe(false);
});
