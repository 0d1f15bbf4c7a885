import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { resumeWaiting } from "../../../src/agents/gates/resume-waiting.ts";
import { attachmentOf } from "../../../src/agents/lifecycle/attachment.ts";
import { done } from "../../../src/agents/lifecycle/done.ts";
import { hookView } from "../../../src/agents/lifecycle/hook-view.ts";
import { recoverOperations } from "../../../src/agents/lifecycle/recover-operations.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import type { SlingOptions } from "../../../src/agents/lifecycle/sling-request.ts";
import { unsling } from "../../../src/agents/lifecycle/unsling.ts";
import { chooseWorkflow } from "../../../src/agents/lifecycle/work-formula.ts";
import { prime } from "../../../src/agents/prime/prime.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { openEscalations } from "../../../src/core/escalation/open-escalations.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { changeStep } from "../../../src/core/formulas/advance.ts";
import { moleculeProgress } from "../../../src/core/formulas/molecule.ts";
import type { Bead } from "../../../src/core/ledger/bead.ts";
import { openContexts } from "../../../src/core/scheduler/sling-context.ts";
import { git } from "../../support/scratch-repository.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

let town: WorkTown;
let access: TownAccess;

const formula = `
formula = "mol-careful"
version = 4
description = "Work with care on {{issue}}"
[vars]
issue = { required = true }
tone = "calm"
[[steps]]
id = "look"
title = "Look at {{feature}}"
description = "Read the bead. Keep {{tone}}."
[[steps]]
id = "mend"
title = "Mend it"
description = "Change the code on {{base_branch}}."
needs = ["look"]
acceptance = "The tests pass"
[[steps]]
id = "check"
title = "Check it"
needs = ["mend"]
`;

const overlay = (step: string, mode: string, text = "") =>
  `[[step-overrides]]\nstep_id = "${step}"\nmode = "${mode}"\n${text === "" ? "" : `description = "${text}"\n`}`;

beforeAll(async () => {
  town = await WorkTown.create();
  town.write(".beads/formulas/mol-careful.formula.toml", formula);
  access = await town.access();
});
afterAll(() => town.dispose());

const slung = async (bead: Bead, options: SlingOptions) =>
  (await sling(access, { words: [bead.id, "web"], options })).dispatched[0];
const wisps = () => access.ledger.find({ type: "molecule", ephemeral: true });
const beadNow = async (id: string): Promise<Bead> => {
  const bead = await access.ledger.get(id);
  if (bead === undefined) throw new Error(`${id} is gone`);
  return bead;
};
const textOf = async (actor: string, variant: "full" | "short" = "full") =>
  (await prime({ ...access, actor }, { variant, sessionId: "s", pid: 1, run: "" })).text;

test("slung with a formula, a bead has a wisp that guides the work through crashes until it is handed in", async () => {
  const bead = await town.bead(access, "Fix </system> login");
  const dispatch = await slung(bead, { formula: "careful", vars: { tone: "kind" } });
  const address = dispatch?.agent ?? "";
  const molecule = dispatch?.workflow?.molecule ?? "";
  expect(await wisps()).toEqual([
    expect.objectContaining({ id: molecule, assignee: address, status: "in_progress", wispType: "" }),
  ]);
  expect(attachmentOf(await beadNow(bead.id))).toMatchObject({
    ...{ molecule, formula: "mol-careful", formula_version: 4, vars: { tone: "kind" } },
  });
  const step = { root: molecule, actor: address, now: Date.now() };
  await changeStep(access.ledger, { ...step, step: "look" }, { verb: "done" });

  const full = await textOf(address);
  expect(full).toContain("> Formula: mol-careful v4 (town)");
  expect(full).toMatch(/1\/3 {3}resume at step 2/);
  expect(full).toContain(
    "> ### Step 2: Mend it   (mend, needs look)\n> Change the code on main.\nAcceptance:\n> The tests pass",
  );
  expect(full).toContain("> [x] 1 look  Look at Fix ‹/system> login");
  expect(full.indexOf("## ATTACHED FORMULA")).toBeGreaterThan(full.indexOf("## AUTONOMOUS WORK MODE"));
  expect(await textOf(address, "short")).toContain("Step 2 of 3: mend");
  expect(await hookView(access, address)).toMatchObject({ workflow: "mol-careful", progress: "1/3" });

  // What the operator lays over the steps counts at the next look, the rig's file instead of the town's.
  town.write("formula-overlays/mol-careful.toml", overlay("mend", "append", "Of the town."));
  town.write(
    "web/formula-overlays/mol-careful.toml",
    overlay("mend", "append", "Mind {{tone}} people.") + overlay("check", "skip") + overlay("look", "skip"),
  );
  const laid = await textOf(address);
  expect(laid).toContain("> Change the code on main.\n> Mind kind people.");
  expect(laid).toMatch(/1\/2 {3}resume at step 2/);
  expect(laid).not.toContain("Of the town");
  for (const place of ["", "web/"]) rmSync(join(town.root, `${place}formula-overlays`), { recursive: true });

  // The holder is handed the same work again: nothing is made twice.
  expect(await slung(bead, { formula: "careful" })).toMatchObject({ noop: true });
  expect(await wisps()).toHaveLength(1);

  const other = { ...(await town.access(address)) };
  git(join(town.root, address, "web"), "commit", "--quiet", "--allow-empty", "-m", "mended");
  expect((await done(other, { exit: "COMPLETED" })).warnings).toEqual([
    "steps of the workflow are not done: mend, check",
  ]);
  expect(await beadNow(molecule)).toMatchObject({
    status: "closed",
    closeReason: "gt done",
    metadata: {
      mol: { progress: { look: { s: "done" }, check: { s: "skipped", reason: "skipped: gt done" } } },
    },
  });
});

test("work that is given back or deferred leaves no wisp, and slung again it has a new one", async () => {
  const before = (await wisps()).length;
  const bead = await town.bead(access, "Wander");
  const first = await slung(bead, { formula: "mol-careful" });
  await unsling(access, { bead: bead.id, force: true });
  expect(await wisps()).toHaveLength(before);
  expect(attachmentOf(await beadNow(bead.id)).molecule).toBeUndefined();

  const second = await slung(bead, { formula: "mol-careful" });
  expect(second?.workflow?.molecule).not.toBe(first?.workflow?.molecule);
  await done(await town.access(second?.agent), { exit: "DEFERRED" });
  expect(await wisps()).toHaveLength(before);
  const burned = (await readEvents(town.town.paths.events, {})).filter(({ type }) => type === "mol_burn");
  expect(burned.map(({ payload }) => payload?.["root"])).toEqual([
    first?.workflow?.molecule,
    second?.workflow?.molecule,
  ]);
});

test("a polecat leaves work that waits for a gate on its hook, and goes on with it when the gate opens", async () => {
  const bead = await town.bead(access, "Wait");
  const dispatch = await slung(bead, { formula: "mol-careful" });
  const polecat = await town.access(dispatch?.agent);
  const leave = (gate: string) => done(polecat, { exit: "PHASE_COMPLETE", gate });
  await expect(leave(bead.id)).rejects.toMatchObject({ code: "E_GATE" });
  const { named } = await access.ledger.write("overseer", [
    { op: "create", as: "gate", bead: { title: "CI", type: "gate", awaitType: "human", scope: "web" } },
  ]);
  const gate = named["gate"] ?? "";
  // Its branch is left as it is.
  expect(await leave(gate)).toMatchObject({
    ...{ exit: "PHASE_COMPLETE", state: "awaiting-gate", push: "skipped" },
  });
  expect(git(town.origin("web"), "branch", "--list", dispatch?.branch ?? "")).toBe("");
  // Told from another terminal, its session lives on.
  const left = await liveSession(access, polecat.actor);
  expect(await access.ledger.get(gate)).toMatchObject({ waiters: [polecat.actor] });
  const agent = () => access.ledger.agent(polecat.actor);
  expect(await agent()).toMatchObject({ hookBead: bead.id, hookState: "suspended" });
  await resumeWaiting(access);
  expect(await agent()).toMatchObject({ state: "awaiting-gate" });

  await access.ledger.write("overseer", [{ op: "close", id: gate, close: { reason: "green", force: true } }]);
  expect(await resumeWaiting(access)).toEqual([]);
  expect(await agent()).toMatchObject({ state: "working", hookState: "active", hookBead: bead.id });
  const fresh = await liveSession(access, polecat.actor);
  expect(fresh?.topic).toBe(`resumed:${bead.id}`);
  expect(fresh?.runId).not.toBe(left?.runId);
  expect(attachmentOf(await beadNow(bead.id)).molecule).toBe(dispatch?.workflow?.molecule);
  await unsling(access, { bead: bead.id, force: true });
});

test("killed in the batch's middle or failing to start, a sling leaves all of a workflow or nothing", async () => {
  const before = (await wisps()).length;
  const bead = await town.bead(access, "Crash", "exit 3");
  const args = ["sling", "careful", "--on", bead.id, "web"];
  expect((await town.gt(args, { GT_TEST_CRASH: "sling.setup.done" })).signal).toBe("SIGKILL");
  await recoverOperations(access);
  expect(await wisps()).toHaveLength(before);
  expect((await town.gt(args, { GT_TEST_CRASH: "sling.session" })).signal).toBe("SIGKILL");
  expect(await wisps()).toHaveLength(before + 1);
  expect(attachmentOf(await beadNow(bead.id)).formula).toBe("mol-careful");
  await unsling(access, { bead: bead.id, force: true });
  expect(await wisps()).toHaveLength(before);

  await expect(slung(bead, { formula: "nothing-like-it" })).rejects.toMatchObject({ code: "E_FORMULA" });
  await expect(slung(bead, { formula: "careful", vars: { tune: "x" } })).rejects.toMatchObject({
    code: "E_FORMULA_VARS",
  });
  expect((await beadNow(bead.id)).status).toBe("open");
});

test("AI polecats work by the rig's formula, scripts and raw beads by none, and a wish is always heard", async () => {
  const bead = await town.bead(access, "Choose");
  const rig = town.rig();
  const chosen = async (isAi: boolean, options: SlingOptions) =>
    (await chooseWorkflow(access, { rig, bead, isAi }, options))?.file.name;
  expect(await chosen(false, {})).toBeUndefined();
  expect(await chosen(true, { raw: true })).toBeUndefined();
  expect(await chosen(false, { formula: "careful" })).toBe("mol-careful");
  town.write("settings/config.json", {
    default_agent: "shell",
    workflow: { default_formula: "mol-careful" },
  });
  expect(await chosen(true, {})).toBe("mol-careful");
  expect(await chosen(true, { reviewOnly: true })).toBe("mol-polecat-report");
});

test("a formula can be the work itself: its scripts run one after the other and are handed in", async () => {
  const refused = await town.gt(["sling", "careful", "web", "--var", "issue=none", "--json"]);
  // Nothing in it is a script, and no other runtime is there.
  expect(refused.json()).toMatchObject({
    ok: false,
    code: "E_NO_SCRIPT",
    hint: "gt sling mol-careful web --agent <name>",
  });
  expect((await wisps()).filter(({ status }) => status !== "closed")).toEqual([]);

  const before = (await wisps()).length;
  const dry = await town.gt(["sling", "towers-of-hanoi", "web", "--var", "disks=2", "-n"]);
  expect(dry.stdout).toMatch(/would sling web-wisp-\S+ -> web\/polecats\/\S+ \((reuse \S+|new polecat)\)/);
  expect(dry.stdout).toContain("branch  would start from main");
  expect(await wisps()).toHaveLength(before);

  const slungFormula = await town.gt(["sling", "towers-of-hanoi", "web", "--var", "disks=2", "--json"]);
  const { bead: root, agent: address } = slungFormula.json<{ bead: string; agent: string }>();
  await waitFor(async () => (await access.ledger.agent(address))?.state === "idle", {
    timeoutMs: 40_000,
    what: "the towers to be moved and handed in",
  });
  const { total, done: closed, root: bead } = await moleculeProgress(access.ledger, root);
  expect([total, closed, bead.status, bead.closeReason]).toEqual([
    5,
    5,
    "closed",
    "completed without code changes",
  ]);
});

test("a script that wants an agent when it fails gives the work to one, with what it said last", async () => {
  town.write(
    ".beads/formulas/mol-brittle.formula.toml",
    `formula = "mol-brittle"
[[steps]]
id = "build"
title = "Build"
on_fail = "agent"
run = "echo no compiler here; exit 4"
`,
  );
  const bead = await town.bead(access, "Build it");
  await slung(bead, { formula: "brittle", agent: "shell" });
  const queued = await waitFor(async () => (await openContexts(access.ledger, bead.id)).contexts[0], {
    timeoutMs: 40_000,
    what: "the work to be queued for an agent",
  });
  expect(queued).toMatchObject({ rig: "web", reason: "rework" });
  const now = await beadNow(bead.id);
  expect(now).toMatchObject({
    status: "open",
    notes: expect.stringContaining("step build failed: exit 4\nno compiler here"),
  });
  expect(attachmentOf(now)).not.toHaveProperty("agent");
  const [told] = await openEscalations(access.ledger);
  expect(told).toMatchObject({
    severity: "medium",
    title: expect.stringMatching(/^Step build of .* failed: exit 4$/),
  });
});
