import { describe, expect, it } from "vitest";
import { changeStep, nextStep, type StepVerb } from "../../../src/core/formulas/advance.ts";
import { burning } from "../../../src/core/formulas/burn.ts";
import { moleculeProgress, readMolecule } from "../../../src/core/formulas/molecule.ts";
import { newMoleculeId, pouring, type PourRequest, wispForm } from "../../../src/core/formulas/pour.ts";
import type { Proto } from "../../../src/core/formulas/proto.ts";
import { digestName, digestOf, squashing } from "../../../src/core/formulas/squash.ts";
import { criticalPath } from "../../../src/core/formulas/step-states.ts";
import { stepText } from "../../../src/core/formulas/step-text.ts";
import { systemRandom } from "../../../src/core/random.ts";
import { type ScratchLedger, scratchLedger } from "../ledger/scratch-ledger.ts";
import { chain, protoOf } from "./proto-fixture.ts";

const release = protoOf("release-gated", [
  ...chain("preflight", "review", "changelog", "bump", "verify", "commit", "tag", "push"),
  { id: "await-ci", needs: ["push"], gate: { type: "gh:run", await_id: "release.yml", timeout: "30m" } },
  { id: "verify-release", needs: ["await-ci"] },
  { id: "verify-package", needs: ["await-ci"] },
  { id: "install", needs: ["verify-release", "verify-package"] },
  { id: "announce", needs: ["install"] },
]);

async function pour(scratch: ScratchLedger, proto: Proto, wish: Partial<PourRequest> = {}): Promise<string> {
  const phase = wish.phase ?? "liquid";
  const root = await newMoleculeId(scratch.ledger, systemRandom, "gastown", phase);
  const request: PourRequest = {
    ...{ proto, phase, root, scope: "gastown", now: scratch.clock.now() },
    form: wish.form ?? (phase === "liquid" ? "poured" : wispForm(proto)),
    ...wish,
  };
  await scratch.ledger.write("overseer", pouring(request).operations);
  return root;
}

const step = (scratch: ScratchLedger, root: string, name: string, verb: StepVerb, actor = "web/crew/sam") =>
  changeStep(scratch.ledger, { root, step: name, actor, now: scratch.clock.now() }, verb);

const states = async (scratch: ScratchLedger, root: string) =>
  Object.fromEntries((await readMolecule(scratch.ledger, root)).steps.map((each) => [each.step, each.state]));

describe("a poured molecule", () => {
  it("has a bead for each step and gate, and an edge for each need (V15)", async () => {
    const scratch = await scratchLedger();
    const root = await pour(scratch, release);
    expect(root).toMatch(/^gt-mol-[0-9a-z]{5}$/);
    const below = await scratch.ledger.find({ under: root });
    expect(below.map(({ id }) => id).toSorted()).toEqual(
      [`${root}.gate-9`, ...release.steps.map(({ index }) => `${root}.${index}`)].toSorted(),
    );
    const edges = await scratch.ledger.edges(below.map(({ id }) => id));
    expect(edges.filter(({ type }) => type === "parent-child")).toHaveLength(14);
    expect(edges.filter(({ type }) => type === "blocks")).toHaveLength(14);
    expect(edges).toContainEqual(expect.objectContaining({ from: `${root}.9`, to: `${root}.gate-9` }));
    expect(await scratch.readyIds()).toEqual([`${root}.1`]);
    expect((await scratch.ledger.get(`${root}.gate-9`))?.metadata).toMatchObject({
      gate: { state: "waiting" },
    });
  });

  it("arms a gate when nothing else holds its step back, and says which gate blocks", async () => {
    const scratch = await scratchLedger();
    const root = await pour(scratch, release);
    for (const { id } of release.steps.slice(0, 8)) await step(scratch, root, id, { verb: "done" });
    expect((await scratch.ledger.get(`${root}.gate-9`))?.metadata).toMatchObject({
      gate: { state: "armed", armed_at: "2026-01-06T09:00:00Z" },
    });
    const { steps } = await readMolecule(scratch.ledger, root);
    expect(steps[8]).toMatchObject({ state: "blocked", reason: `gate gh:run (${root}.gate-9)` });
    expect(steps[9]).toMatchObject({ state: "pending" });
    await scratch.close(`${root}.gate-9`);
    expect((await states(scratch, root))["await-ci"]).toBe("ready");
    expect(criticalPath(steps)).toHaveLength(12);
  });

  it("closes containers and the root with the last step, by whoever closes it", async () => {
    const scratch = await scratchLedger();
    const proto = protoOf("nested", [
      { id: "build" },
      { id: "web", parent: "build" },
      { id: "api", parent: "build" },
      { id: "ship", needs: ["build"] },
    ]);
    const root = await pour(scratch, proto);
    expect(await scratch.readyIds()).toEqual([`${root}.2`, `${root}.3`]);
    await scratch.close(`${root}.2`);
    await scratch.close(`${root}.3`);
    expect(await scratch.readyIds()).toEqual([`${root}.4`]);
    await scratch.close(`${root}.4`);
    expect(await scratch.ledger.get(root)).toMatchObject({
      status: "closed",
      closeReason: "all steps complete",
    });
  });

  it("gives two agents that advance at once different steps", async () => {
    const scratch = await scratchLedger();
    const root = await pour(scratch, protoOf("wide", [{ id: "a" }, { id: "b" }, { id: "c" }, { id: "d" }]));
    const agents = ["web/crew/ann", "web/crew/bob"];
    const taken = await Promise.all(
      agents.map((actor) => nextStep(scratch.ledger, { root, actor, now: scratch.clock.now() }, "claim")),
    );
    expect(taken.map(({ next }) => next?.step).toSorted()).toEqual(["a", "b"]);
    const again = await nextStep(scratch.ledger, { root, actor: "web/crew/ann", now: 0 }, "claim");
    expect(again.next?.id).toBe(taken[0]?.next?.id);
    await expect(
      step(scratch, root, taken[1]?.next?.id ?? "", { verb: "done" }, "web/crew/ann"),
    ).rejects.toThrow(/on the hook of web\/crew\/bob/);
  });
});

describe("a root-only wisp", () => {
  const shiny = protoOf("shiny", chain("design", "implement", "review"));

  it("is one bead that knows its steps and how far they are", async () => {
    const scratch = await scratchLedger();
    const root = await pour(scratch, shiny, { phase: "vapor" });
    expect(root).toMatch(/^gt-wisp-/);
    expect(await scratch.ledger.count({})).toBe(1);
    expect(await scratch.ledger.get(root)).toMatchObject({
      ephemeral: true,
      type: "molecule",
      labels: ["formula:shiny"],
      metadata: { mol: { mode: "root-only", progress: {} } },
    });
    await expect(step(scratch, root, "review", { verb: "done" })).rejects.toThrow(/waits for implement/);
    expect((await step(scratch, root, "design", { verb: "done" })).changed).toBe(true);
    expect((await step(scratch, root, "#1", { verb: "done" })).changed).toBe(false);
    expect(await nextStep(scratch.ledger, { root, actor: "web/crew/sam", now: 0 }, "claim")).toMatchObject({
      action: "continue",
      next: { step: "implement", id: `${root}:implement` },
    });
    expect(await states(scratch, root)).toEqual({ design: "done", implement: "current", review: "pending" });
    expect(await moleculeProgress(scratch.ledger, root)).toMatchObject({ total: 3, done: 1, current: 1 });
    // The feed tells what changed and not the texts of all steps each time.
    const changes = (await scratch.ledger.changes(0, { bead: root })).changes.filter(
      ({ type }) => type === "updated",
    );
    expect(changes.map(({ oldValue, newValue }) => [oldValue, newValue])).toEqual([
      [
        { metadata: { mol: { progress: {} } } },
        { metadata: { mol: { progress: { design: expect.any(Object) } } } },
      ],
      [
        { metadata: { mol: { progress: {} } } },
        { metadata: { mol: { progress: { implement: expect.any(Object) } } } },
      ],
    ]);
  });

  it("says what is not configured instead of showing an empty command", () => {
    expect(stepText("Run:\n\n```\n\n```\n\nThen\n```sh\nmake\n```\n")).toBe(
      "Run:\n\n```\n(not configured: skip)\n```\n\nThen\n```sh\nmake\n```",
    );
  });

  it("waits for a person after a failure, goes on after a closed one, and can take a step back", async () => {
    const scratch = await scratchLedger();
    const root = await pour(scratch, shiny, { phase: "vapor" });
    await step(scratch, root, "design", { verb: "fail", reason: "no idea" });
    expect(await states(scratch, root)).toEqual({
      design: "failed",
      implement: "blocked",
      review: "pending",
    });
    await step(scratch, root, "design", { verb: "fail", reason: "no idea", close: true });
    expect((await states(scratch, root))["implement"]).toBe("ready");
    await step(scratch, root, "implement", { verb: "skip", reason: "nothing to build" });
    await expect(step(scratch, root, "design", { verb: "reopen" })).rejects.toThrow(/implement has begun/);
    await step(scratch, root, "implement", { verb: "reopen" });
    await step(scratch, root, "implement", { verb: "done" });
    await step(scratch, root, "review", { verb: "done", output: { findings: 0 } });
    expect(await scratch.ledger.get(root)).toMatchObject({
      status: "closed",
      closeReason: "all steps complete",
      metadata: { mol: { progress: { review: { s: "done", output: { findings: 0 } } } } },
    });
    expect((await nextStep(scratch.ledger, { root, actor: "x", now: 0 }, "show")).action).toBe("done");
  });

  it("counts no mark twice when many write at once", async () => {
    const scratch = await scratchLedger();
    const wide = protoOf(
      "wide",
      Array.from({ length: 8 }, (_, n) => ({ id: `s${n}` })),
    );
    const root = await pour(scratch, wide, { phase: "vapor" });
    await Promise.all(wide.steps.map(({ id }) => step(scratch, root, id, { verb: "done" })));
    expect(await moleculeProgress(scratch.ledger, root)).toMatchObject({ done: 8, isComplete: true });
  });

  it("is refused where steps have to be beads", () => {
    expect(() => wispForm(release, "root-only")).toThrow(/cannot be root-only/);
    expect(wispForm(release)).toBe("poured");
    expect(wispForm(shiny)).toBe("root-only");
  });
});

describe("the end of a molecule", () => {
  it("squashes a wisp into one digest that keeps its parent, once", async () => {
    const scratch = await scratchLedger();
    const root = await pour(scratch, release, { phase: "vapor", form: "poured" });
    await step(scratch, root, "preflight", { verb: "done" });
    const wisp = await scratch.ledger.get(root);
    if (wisp === undefined) throw new Error("the wisp is gone");
    const { operations, deleted } = await squashing(scratch.ledger, wisp, { now: scratch.clock.now() });
    const { named } = await scratch.ledger.write("overseer", operations);
    expect(deleted).toHaveLength(14);
    const digest = await scratch.ledger.get(named[digestName] ?? "");
    expect(digest).toMatchObject({
      title: "Digest: release-gated",
      status: "closed",
      ephemeral: false,
      labels: ["digest", "formula:release-gated"],
      description: expect.stringContaining("Steps: 13, completed 1, failed 0, skipped 0, open 12"),
    });
    const after = await scratch.ledger.get(root);
    expect(after).toMatchObject({ status: "closed", ephemeral: false });
    expect(await scratch.ledger.find({ under: root })).toHaveLength(1);
    expect(after && (await digestOf(scratch.ledger, after))).toBe(digest?.id);
  });

  it("burns a wisp with its steps but keeps real work that was filed under it", async () => {
    const scratch = await scratchLedger();
    const root = await pour(scratch, release, { phase: "vapor", form: "poured" });
    const found = await scratch.create({ title: "A bug on the way", parent: `${root}.1` });
    const waiting = await scratch.create({ title: "Afterwards" });
    await scratch.depend(waiting.id, root);
    const wisp = await scratch.ledger.get(root);
    if (wisp === undefined) throw new Error("the wisp is gone");
    await scratch.ledger.write("overseer", (await burning(scratch.ledger, wisp)).operations);
    expect((await scratch.ledger.find({})).map(({ id }) => id).toSorted()).toEqual(
      [found.id, waiting.id].toSorted(),
    );
    expect(await scratch.readyIds()).toContain(waiting.id);
  });
});

it("pours thousands of steps at once and counts them at once", async () => {
  const scratch = await scratchLedger();
  const ids = Array.from({ length: 4097 }, (_, n) => `move-${n + 1}`);
  const started = performance.now();
  const root = await pour(scratch, protoOf("hanoi", chain(...ids)));
  const pouringMs = performance.now() - started;
  await step(scratch, root, "move-1", { verb: "done" });
  const counting = performance.now();
  const progress = await moleculeProgress(scratch.ledger, root);
  const countingMs = performance.now() - counting;
  expect(progress).toMatchObject({ total: 4097, done: 1, readyIds: [`${root}.2`] });
  // Both limits are for a quiet machine; side by side, load slows both.
  expect(pouringMs).toBeLessThan(15_000);
  expect(countingMs).toBeLessThan(Math.max(200, pouringMs / 3));
});
