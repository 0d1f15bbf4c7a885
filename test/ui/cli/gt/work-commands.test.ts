import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newConvoy } from "../../../../src/core/convoys/new-convoy.ts";
import type { TownAccess } from "../../../../src/agents/town-access.ts";
import type { NewBead } from "../../../../src/core/ledger/operation.ts";
import { isLocked } from "../../../../src/core/lock/lock.ts";
import { PlainTown } from "../../../support/plain-town.ts";
import { type CliResult, runGt } from "../../../support/run-cli.ts";

const sam = "greenplace/crew/sam";
const asSam = { GT_ROLE: sam };
const asNux = { GT_ROLE: "greenplace/polecats/nux" };
let town: PlainTown;
let access: TownAccess;

beforeAll(async () => {
  town = new PlainTown();
  mkdirSync(join(town.root, sam), { recursive: true });
  access = await town.access();
});
afterAll(() => town.dispose());

interface Run {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

function gt(words: string, { env = {}, input }: Run = {}): Promise<CliResult> {
  return runGt(words.split(" "), {
    cwd: town.root,
    env: { GT_NO_DAEMON: "1", ...env },
    ...(input === undefined ? {} : { input }),
  });
}

async function bead(title: string, fields: Partial<NewBead> = {}): Promise<string> {
  const create = { op: "create", bead: { title, scope: "greenplace", ...fields } } as const;
  return (await access.ledger.write("overseer", [create])).created[0] ?? "";
}

const attachment = async (id: string) => (await access.ledger.get(id))?.metadata["attachment"];

test("gt sling reads what the dispatcher says, names crew by --crew, and refuses what makes no sense before anything else", async () => {
  const id = await bead("Review");
  for (const [words, run] of [
    [`sling ${id} greenplace -a x -m y --stdin`, { input: "z" }],
    [`sling ${id} --crew sam`, {}],
    [`sling ${id} greenplace --max-concurrent -1`, {}],
    [`sling ${id} greenplace --merge squash`, {}],
  ] as const)
    expect(await gt(words, run), words).toMatchObject({ code: 2, stderr: expect.stringMatching(/^error: /) });
  // Who may not dispatch at all is told that, whatever else is wrong.
  const polecat = await gt(`sling ${id} greenplace -a x -m y --stdin --json`, { env: asNux });
  expect(polecat.json()).toMatchObject({ code: "E_POLECAT_CALLER" });
  expect((await gt(`sling respawn-reset ${id} --json`, { env: asNux })).json()).toMatchObject({
    code: "E_POLECAT_CALLER",
  });
  expect(await access.ledger.get(id)).toMatchObject({ status: "open", assignee: "" });

  const plan = await gt(`sling ${id} greenplace --crew sam -n`);
  expect(plan.stdout).toBe(`🎯 would sling ${id} -> ${sam} (would be hooked)\n`);
  const slung = await gt(`sling ${id} greenplace --crew sam --stdin`, { input: "first\nsecond\n\n" });
  expect(slung.stdout).toBe(
    `🎯 ${id} -> ${sam} (hooked)\n  ${sam} has no session; it finds the work at its next start\n`,
  );
  expect(await attachment(id)).toMatchObject({ args: "first\nsecond" });
  expect((await gt(`sling ${id} greenplace/sam`)).stdout).toBe(`○ ${id} is already on ${sam}'s hook\n`);
  await gt(`unsling ${sam} --force`);
  const own = await gt(`sling ${id} . -a x --stdin`, { env: asSam, input: "more\n" });
  expect(own.stdout).toContain("hooked; continues on the next turn");
  expect(await attachment(id)).toMatchObject({ args: "x", message: "more" });
  await gt(`unsling ${sam} --force`);
});

test("gt sling --no-boot starts no daemon, whose Witness would look, and says that nobody watches", async () => {
  const id = await bead("Quiet");
  const slung = await runGt(["sling", id, sam, "--no-boot"], { cwd: town.root });
  expect(slung).toMatchObject({ code: 0, stderr: expect.stringContaining("daemon is down") });
  expect(isLocked(town.town.paths.locks, "daemon")).toBe(false);
  await gt(`unsling ${sam} --force`);
});

test("hook commands put work on a hook, tell of it and take it off, whoever is meant in whatever spelling", async () => {
  const [one, two] = [await bead("One"), await bead("Two")];
  expect((await gt(`hook ${one} greenplace/sam -n`)).stdout).toBe(`would hook ${one} to ${sam}\n`);
  expect((await gt(`hook ${one} crew`, { env: asSam })).stdout).toBe(`🪝 ${one} is on the hook of ${sam}\n`);
  expect((await gt("work status crew --json", { env: asSam })).json()).toEqual({
    ...{ agent: sam, state: "working", hook_state: "active", seq: expect.any(Number) },
    ...{ bead: one, title: "One", status: "hooked", priority: 2, workflow: null, progress: null },
    ...{ branch: null, ahead: null, behind: null, dirty: [], snapshot: null, health: expect.any(String) },
  });
  expect((await gt("hook show greenplace/sam --json")).json()).toEqual({
    ...{ agent: sam, bead_id: one, title: "One", status: "hooked" },
  });
  expect((await gt(`hook attach ${two} may`, { env: asNux })).stderr).toContain("finish with gt done");
  expect(await gt(`hook attach ${two} wit`, { env: { GT_RIG: "greenplace" } })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("greenplace/witness runs as code and takes no beads"),
  });

  expect((await gt(`hook detach ${two} ${sam} --json`)).json()).toMatchObject({ code: "E_NOT_HOOKED" });
  expect((await gt(`hook clear ${sam} --json`)).json()).toMatchObject({ code: "E_INCOMPLETE" });
  const would = await gt(`hook detach ${one} ${sam} -f -n`);
  expect(would.stdout).toBe(`would take ${one} off the hook of ${sam}\n`);
  const piece = one.slice("gp-".length);
  expect((await gt(`unhook ${piece} -f`)).stdout).toContain(`${one} is off the hook of ${sam}`);
  expect(await access.ledger.get(one)).toMatchObject({ status: "open", assignee: "" });
  expect(await gt("hook clear crew", { env: asSam })).toMatchObject({
    code: 0,
    stdout: "nothing on the hook\n",
  });
  expect((await gt("hook show greenplace/sam")).stdout).toBe(`${sam}: (empty)\n`);
});

test("gt release gives back what it can, keeps the reason and fails for the rest", async () => {
  const [held, closed] = [await bead("Held"), await bead("Closed")];
  await access.ledger.write("overseer", [{ op: "close", id: closed, close: { reason: "done" } }]);
  await access.ledger.write("overseer", newConvoy({ title: "Work", owner: "overseer", issues: [held] }));
  const [{ from: convoy = "" } = {}] = await access.ledger.dependents(held);
  await gt(`hook ${held} ${sam}`);
  const released = await gt(`release ${held.slice("gp-".length)} ${closed} -r wrong`);
  expect(released).toMatchObject({ code: 1, stdout: expect.stringContaining("1/2 released") });
  expect(released.stdout).toContain(`convoy ${convoy} starts it again; to keep it back: bd defer ${held}`);
  expect(released.stdout + released.stderr).toContain(`${closed} is closed (E_CLOSED)`);
  expect(await access.ledger.get(held)).toMatchObject({ status: "open", assignee: "", notes: "wrong" });
  expect((await access.ledger.agent(sam))?.hookBead).toBe("");
});

test("gt close --cascade closes children first, and refuses an open parent without it", async () => {
  const parent = await bead("Parent", { type: "epic" });
  const child = await bead("Child", { parent });
  const leaf = await bead("Leaf", { parent: child });
  expect((await gt(`close ${parent}`)).code).not.toBe(0);
  expect(await access.ledger.get(parent)).toMatchObject({ status: "open" });
  const closed = await gt(`close ${parent} --cascade --comment obsolete`);
  expect(closed).toMatchObject({
    code: 0,
    stdout: `✓ closed ${leaf}\n✓ closed ${child}\n✓ closed ${parent}\n`,
  });
  expect(await access.ledger.get(leaf)).toMatchObject({ status: "closed", closeReason: "obsolete" });
});
