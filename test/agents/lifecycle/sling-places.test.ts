import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { dutiesFor } from "../../../src/agents/daemon/route-changes.ts";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { hookByHand } from "../../../src/agents/lifecycle/hook-by-hand.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import type { SlingOptions } from "../../../src/agents/lifecycle/sling-request.ts";
import { unsling } from "../../../src/agents/lifecycle/unsling.ts";
import { allNudges } from "../../../src/agents/sessions/nudge-queue.ts";
import { startAgentSession } from "../../../src/agents/sessions/start-session.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import type { Bead } from "../../../src/core/ledger/bead.ts";
import { inbox } from "../../../src/core/mail/mailbox.ts";
import { parseProtocol } from "../../../src/core/mail/protocol.ts";
import { daemonFile } from "../../../src/core/town/paths.ts";
import { commit, git } from "../../support/scratch-repository.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

// One town for all: each test leaves the hooks as it found them.
let town: WorkTown;
let access: TownAccess;
const sam = "web/crew/sam";

beforeAll(async () => {
  town = await WorkTown.create();
  access = await town.access();
  mkdirSync(join(town.root, sam), { recursive: true });
  town.write("settings/config.json", usual);
});
afterAll(() => town.dispose());

const run = async (words: readonly string[], options: SlingOptions = {}, request: { rig?: string } = {}) =>
  (await sling(access, { words, options, ...request })).dispatched[0];
const empty = (agent: string) => unsling(access, { agent, force: true });
const events = async (bead: string, type: string) =>
  (await readEvents(town.town.paths.events, {})).filter(
    (event) => event.type === type && event.payload["bead"] === bead,
  );
const sleeper = { provider: "generic", command: "sleep", args: ["1000"], prompt_mode: "none" };
const usual = {
  default_agent: "shell",
  operational: { session: { start_probe: "100ms", graceful_stop: "100ms" } },
};
const settings = (content: object) => {
  town.write("settings/config.json", { ...usual, ...content });
  onTestFinished(() => town.write("settings/config.json", usual));
};

test("a role at the end of the words is a target, not a piece of some bead's id", async () => {
  await access.ledger.write("overseer", [
    {
      op: "ensureAgent",
      agent: { id: "hq-mayor", address: "mayor/", role: "mayor", rig: "", name: "", state: "stopped" },
    },
  ]);
  const { id } = await town.bead(access, "Plan");
  expect(await run([id, "may"])).toMatchObject({ agent: "mayor/", notice: "next-start", noop: false });
  expect(await access.ledger.get(id)).toMatchObject({ status: "hooked", assignee: "mayor/" });
  await empty("mayor/");

  await expect(run([id, "witness"])).rejects.toMatchObject({ code: "E_TARGET", hint: "use web/witness" });
  await expect(run([id, "ref"], {}, { rig: "web" })).rejects.toMatchObject({ code: "E_BUILTIN_TARGET" });
  await expect(run([id, "deacon"])).rejects.toMatchObject({ code: "E_BUILTIN_TARGET" });
  await expect(run([id, "crew"])).rejects.toMatchObject({ code: "E_TARGET", hint: "gt crew list" });

  const crew = { ...access, actor: sam };
  const own = await sling(crew, { words: [id, "crew"], options: {} });
  expect(own.dispatched).toMatchObject([{ agent: sam, notice: "next-turn" }]);
  expect((await sling(crew, { words: [id], options: {} })).dispatched).toMatchObject([{ noop: true }]);
  await empty(sam);
});

test("crew gets the bead with what the dispatcher says, keeps it without a session, and is slung it twice once", async () => {
  const { id } = await town.bead(access, "Review");
  const dry = await run([id, "web/sam"], { dryRun: true });
  expect(dry).toMatchObject({ agent: sam, noop: false });
  expect(await access.ledger.get(id)).toMatchObject({ status: "open" });

  const wish = { args: "be strict", subject: "parser", merge: "pr", reviewOnly: true } as const;
  expect(await run([id, "web/sam"], wish)).toMatchObject({
    ...{ agent: sam, notice: "next-start", warnings: [] },
  });
  expect(await access.ledger.get(id)).toMatchObject({
    metadata: {
      attachment: {
        ...{ dispatched_by: "overseer", args: "be strict", subject: "parser" },
        ...{ merge_strategy: "pr", review_only: true },
      },
    },
  });
  for (const type of ["sling", "hook"]) expect(await events(id, type)).toHaveLength(1);
  expect(await run([id, sam])).toMatchObject({ noop: true, warnings: [] });
  expect(await events(id, "sling")).toHaveLength(1);

  const formula = 'formula = "two"\nversion = 1\n[[steps]]\nid = "a"\ntitle = "A"\n';
  town.write(".beads/formulas/two.formula.toml", formula);
  expect(await run([id, sam], { formula: "two" })).toMatchObject({ noop: true });
  expect(await access.ledger.get(id)).toMatchObject({
    ...{ status: "hooked", assignee: sam },
    metadata: { attachment: { formula: "two", molecule: expect.any(String) } },
  });
  town.write(".beads/formulas/three.formula.toml", formula.replace('"two"', '"three"'));
  await expect(run([id, sam], { formula: "three" })).rejects.toMatchObject({
    ...{ code: "E_HAS_WORKFLOW", hint: `gt mol detach ${id}` },
  });
  const other = await town.bead(access, "Other");
  await expect(run([other.id, sam])).rejects.toMatchObject({ code: "E_HOOK_OCCUPIED" });
  await expect(run([other.id, sam], { dryRun: true })).rejects.toMatchObject({ code: "E_HOOK_OCCUPIED" });
  await expect(run([other.id, "web/crew/ann"])).rejects.toMatchObject({ code: "E_AGENT_NOT_FOUND" });
  await empty(sam);
});

test("hooked by hand, a bare bead gives way and is open again; a begun workflow does so only by force, and is burned", async () => {
  const [one, two, three] = [
    await town.bead(access, "One"),
    await town.bead(access, "Two"),
    await town.bead(access, "Three"),
  ];
  const hook = async ({ id }: { readonly id: string }, force = false) => {
    const bead = await access.ledger.get(id);
    const wish = { address: sam, force, releasesBare: true };
    return bead && (await hookByHand(access, { ...wish, bead })).isNew;
  };
  expect(await hook(one)).toBe(true);
  expect(await hook(one)).toBe(false);
  expect(await hook(two)).toBe(true);
  expect(await access.ledger.get(one.id)).toMatchObject({ status: "open", assignee: "" });
  expect(await events(one.id, "unhook")).toMatchObject([{ payload: { agent: sam } }]);

  await run([two.id, sam], { formula: "two" });
  const molecule = (await access.ledger.get(two.id))?.metadata["attachment"] as { molecule: string };
  await expect(hook(three)).rejects.toMatchObject({ code: "E_HOOK_OCCUPIED" });
  expect(await hook(three, true)).toBe(true);
  expect(await access.ledger.get(two.id)).toMatchObject({ status: "open", assignee: "" });
  expect((await access.ledger.get(molecule.molecule))?.status ?? "closed").toBe("closed");
  await empty(sam);
});

test("a Witness that runs as an agent takes beads, one that is code does not", async () => {
  const { id } = await town.bead(access, "Look");
  await expect(run([id, "web/witness"])).rejects.toMatchObject({ code: "E_BUILTIN_TARGET" });
  town.write("mayor/daemon.json", { patrols: { witness: { mode: "agent" } } });
  onTestFinished(() => town.write("mayor/daemon.json", {}));
  expect(await run([id, "web/wit"])).toMatchObject({ agent: "web/witness", notice: "next-start" });
  await empty("web/witness");
});

test("work is based on the integration branch of its epic, unless somebody says another branch or the rig does not want it", async () => {
  const epic = await town.bead(access, "Epic", "true", {
    type: "epic",
    metadata: { integration_branch: "integration/epic" },
  });
  const { id } = await town.bead(access, "Child", "true", { parent: epic.id });
  await expect(run([id, "web"], { dryRun: true })).rejects.toMatchObject({ code: "E_BASE_BRANCH" });
  // Pushed by somebody else: known only after a fetch.
  git(town.origin("web"), "branch", "integration/epic", "main");
  expect(await run([id, "web"], { dryRun: true })).toMatchObject({ base: "integration/epic" });
  expect(await run([id, "web"], { dryRun: true, baseBranch: "main" })).toMatchObject({ base: "main" });
  town.write("web/settings/config.json", { merge_queue: { integration_branch_polecat_enabled: false } });
  onTestFinished(() => town.write("web/settings/config.json", {}));
  expect(await run([id, "web"], { dryRun: true })).toMatchObject({ base: "main" });
});

test("a dry run fails where the sling would, and tells polecat, flow and convoy where it would not", async () => {
  const { id } = await town.bead(access, "Dry");
  expect(await run([id, "web"], { dryRun: true, formula: "two" })).toMatchObject({
    ...{ reused: false, runtime: "shell", session: expect.stringMatching(/^web-/) },
    ...{ workflow: { formula: "two" }, convoy: { title: "Work: Dry" } },
  });
  const other = await town.bead(access, "Dry, too");
  const both = await sling(access, { words: [id, other.id, "web"], options: { dryRun: true } });
  expect(new Set(both.dispatched.map(({ agent }) => agent)).size, "each a polecat of its own").toBe(2);
  expect(both.convoy).toEqual({ id: "", title: "Batch: 2 beads to web" });
  expect(await access.ledger.find({ type: "convoy" })).toEqual([]);
  const dry = (words: readonly string[], options: SlingOptions = {}) =>
    run(words, { ...options, dryRun: true });
  await expect(dry([id, "web/polecats/zed"])).rejects.toMatchObject({ code: "E_AGENT_NOT_FOUND" });
  await expect(dry([id, "web"], { baseBranch: "nowhere" })).rejects.toMatchObject({ code: "E_BASE_BRANCH" });
  await expect(dry([id, "dog:rex"])).rejects.toMatchObject({ code: "E_AGENT_UNSUITABLE" });
  settings({ operational: { polecat: { max_dirs: 1 } } });
  const place = join(town.rig().polecats, "other");
  mkdirSync(place);
  onTestFinished(() => rmSync(place, { recursive: true }));
  await expect(dry([id, "web"])).rejects.toMatchObject({ code: "E_POLECAT_DIRS" });
  expect(await access.ledger.get(id)).toMatchObject({ status: "open", assignee: "" });
  expect(existsSync(join(town.rig().polecats, "zed"))).toBe(false);
});

test("a batch pauses between its parts, a dry one does not", async () => {
  const beads: string[] = [];
  for (const title of ["A", "B", "C"]) beads.push((await town.bead(access, title)).id);
  await access.ledger.write(
    "overseer",
    beads.map((id) => ({ op: "close", id, close: { reason: "done", force: true } }) as const),
  );
  const waited: number[] = [];
  const pause = async (ms: number) => void waited.push(ms);
  const batch = (options: SlingOptions) => sling(access, { words: [...beads, "web"], options, pause });
  expect((await batch({ maxConcurrent: 2 })).failed).toHaveLength(3);
  expect(waited).toEqual([6000]);
  await batch({ maxConcurrent: 1, dryRun: true });
  expect(waited).toEqual([6000]);
});

test("an agent hears at its start what the dispatcher says, its hook's stages are told, and --no-boot wakes no duty of the rig", async () => {
  settings({
    default_agent: "listener",
    agents: {
      listener: {
        ...{ provider: "generic", command: "sh", prompt_mode: "arg" },
        args: ["-c", 'printf %s "$1" > "$GT_ROOT/heard"; sleep 1000', "sh"],
      },
    },
  });
  const woken = async (options: SlingOptions) => {
    const { id } = await town.bead(access, "Fix login");
    const since = await access.ledger.head();
    const dispatch = await run([id, "web"], options);
    const { changes } = await access.ledger.changes(since);
    return { dispatch, id, duties: dutiesFor(changes, ["web"]) };
  };
  const quiet = await woken({ noBoot: true, raw: true, args: "use the new API", message: "see the wiki" });
  expect([...quiet.duties].filter((duty) => duty.includes(":"))).toEqual([]);
  expect(quiet.duties, "others still look").toContain("scheduler");
  const heard = await waitFor(
    () => {
      const file = join(town.root, "heard");
      return existsSync(file) && readFileSync(file, "utf8").includes("wiki") && readFileSync(file, "utf8");
    },
    { what: "the first words" },
  );
  expect(heard).toContain("Instructions: use the new API");
  const agent = quiet.dispatch?.agent ?? "";
  for (const type of ["hook_created", "hook_active"])
    expect(await events(quiet.id, type)).toMatchObject([{ payload: { agent, seq: 1 } }]);

  const loud = await woken({ raw: true, subject: "login", args: "$convoy" });
  expect(
    (await access.ledger.get(loud.id))?.metadata["attachment"],
    "what a person says stays text",
  ).toMatchObject({
    args: "$convoy",
    convoy_id: loud.dispatch?.convoy?.id,
  });
  expect(loud.duties).toContain("witness:web");
  expect(loud.duties).toContain("refinery:web");

  // Dead without anybody to see it: taken over without force (04 §13.10).
  const [dead = "", lost = ""] = [loud.dispatch?.agent, loud.id];
  await (await access.host()).stop(loud.dispatch?.session ?? "", { reason: "killed", force: true });
  const again = await run([lost, "web"], { raw: true });
  expect(again).toMatchObject({ noop: false, warnings: [expect.stringContaining(`${dead} held ${lost}`)] });
  expect(again?.agent).not.toBe(dead);
  expect(await access.ledger.get(lost)).toMatchObject({ assignee: again?.agent });

  // By force to a crew member: the polecat's session ends, and what it has made is kept.
  const worktree = join(town.root, agent, "web");
  commit(worktree, "half", { "half.txt": "half" });
  writeFileSync(daemonFile(town.root), JSON.stringify({ patrols: { witness: { mode: "agent" } } }));
  expect(await run([quiet.id, sam], { force: true })).toMatchObject({ agent: sam });
  expect(await liveSession(access, agent)).toBeUndefined();
  expect(await access.ledger.agent(agent)).toMatchObject({ hookBead: "", hookState: "archived" });
  expect(await access.ledger.get(quiet.id)).toMatchObject({ status: "hooked", assignee: sam });
  const [mail] = await access.ledger.find({ type: "message", assignee: "web/witness" });
  expect(mail?.title, "04 §9.4").toBe(`LIFECYCLE:Shutdown ${agent.split("/").at(-1)}`);
  expect(parseProtocol(mail?.title ?? "", mail?.description ?? "")?.fields).toEqual({
    ...{ Reason: "its bead was taken over", Bead: quiet.id, NewAssignee: sam },
  });
  rmSync(daemonFile(town.root));
  const branch = git(worktree, "branch", "--show-current") || "HEAD";
  expect(git(worktree, "show", `${branch}:half.txt`)).toBe("half");
  await empty(sam);
});

test("a pinned bead is had by force only, and pinned again when its session does not start", async () => {
  const { id } = await town.bead(access, "Mine");
  await access.ledger.write("overseer", [{ op: "update", id, fields: { status: "pinned", assignee: sam } }]);
  await expect(run([id, "web"])).rejects.toMatchObject({ code: "E_ALREADY_HOOKED" });
  settings({
    default_agent: "broken",
    agents: { broken: { provider: "generic", command: "sh", args: ["-c", "exit 7"], prompt_mode: "none" } },
  });
  const before = readdirSync(town.rig().polecats);
  await expect(run([id, "web"], { force: true })).rejects.toMatchObject({ code: "E_SESSION_START" });
  expect(await access.ledger.get(id)).toMatchObject({ status: "pinned", assignee: sam });
  expect(readdirSync(town.rig().polecats)).toEqual(before);
});

test("crew with a session is told of the work, and of what the dispatcher says", async () => {
  settings({ agents: { sleeper } });
  const started = { address: sam, topic: "start", agentOverride: "sleeper" };
  const { session } = await startAgentSession(access, started);
  onTestFinished(async () => (await access.host()).stop(session, { reason: "stopped", force: true }));
  const { id } = await town.bead(access, "Review");
  expect(await run([id, "web/crew/sam"], { args: "be kind" })).toMatchObject({ notice: "told" });
  const texts = (await allNudges(access.ledger, session)).map(({ message }) => message);
  expect(texts.join()).toContain(`Work on your hook: ${id}\nInstructions: be kind`);
  await empty(sam);
});

test("a named dog is made on demand, and told by mail what it is to do", async () => {
  settings({ agents: { sleeper } });
  const { id } = await town.bead(access, "Tidy");
  const wish = { agent: "sleeper", args: "only the docs" };
  await expect(run([id, "dog:rex"], wish)).rejects.toMatchObject({ code: "E_DOG_NOT_FOUND" });
  await expect(run([id, "dog:witness"], { ...wish, create: true })).rejects.toMatchObject({
    code: "E_DOG_NAME",
  });
  const rex = "deacon/dogs/rex";
  expect(await run([id, "dog:rex"], { ...wish, create: true })).toMatchObject({
    ...{ agent: rex, session: "hq-dog-rex", runtime: "sleeper" },
  });
  for (const type of ["sling", "hook"]) expect(await events(id, type)).toHaveLength(1);
  const [mail] = await inbox(access.ledger, rex);
  expect(mail).toMatchObject({ subject: "WORK: Tidy", body: expect.stringContaining("only the docs") });
  expect(await run([id, "dog:rex"], wish)).toMatchObject({ noop: true });
});

test("hooked by hand is only what is work and nobody else's; a living holder gives it up by force, with its work kept (§2.10)", async () => {
  const hook = (bead: Bead, { address = sam, force = false } = {}) =>
    hookByHand(access, { bead, address, force });
  const { created } = await access.ledger.write("overseer", [
    { op: "create", bead: { title: "Merge: x", type: "merge-request", scope: "web" } },
  ]);
  const queued = await access.ledger.get(created[0] ?? "");
  await expect(hook(queued as Bead)).rejects.toMatchObject({ code: "E_NOT_WORK" });
  expect(await access.ledger.get(queued?.id ?? "")).toMatchObject({ status: "open", assignee: "" });

  const bead = await town.bead(access, "Work");
  await expect(hook(bead, { address: "web/crew/ann" })).rejects.toMatchObject({ code: "E_AGENT_NOT_FOUND" });
  const { agent: polecat = "" } = (await run([bead.id, "web"])) ?? {};
  const head = commit(join(town.root, polecat, "web"), "half", { "half.txt": "half" });
  const held = (await access.ledger.get(bead.id)) as Bead;
  const own = await town.bead(access, "Own");
  for (const _ of ["with an empty hook", "with another bead on it"]) {
    await expect(hook(held)).rejects.toMatchObject({
      ...{ code: "E_ALREADY_HOOKED", hint: `gt sling ${bead.id} ${sam} --force` },
    });
    await hook(own);
  }
  expect(await access.ledger.get(bead.id)).toMatchObject({ assignee: polecat });
  expect(await access.ledger.get(own.id)).toMatchObject({ assignee: sam });

  expect(await hook(held, { force: true })).toMatchObject({ isNew: true });
  expect(await access.ledger.get(bead.id)).toMatchObject({ status: "hooked", assignee: sam });
  expect(await access.ledger.get(own.id)).toMatchObject({ status: "open", assignee: "" });
  expect(await access.ledger.agent(polecat)).toMatchObject({ state: "idle", hookBead: "" });
  expect(await liveSession(access, polecat)).toBeUndefined();
  expect(git(town.origin("web"), "log", "--format=%H", "--all").split("\n")).toContain(head);
  await empty(sam);
});

test("a dead polecat's bead does not push aside what a crew member has on its hook (§2.7)", async () => {
  const bead = await town.bead(access, "Work");
  const { agent: polecat = "" } = (await run([bead.id, "web"])) ?? {};
  const own = await town.bead(access, "Own");
  await run([own.id, sam], { formula: "two" });
  const host = await access.host({ start: false });
  await host.stop((await liveSession(access, polecat))?.session ?? "", { reason: "killed", force: true });
  await expect(run([bead.id, sam])).rejects.toMatchObject({ code: "E_HOOK_OCCUPIED" });
  expect(await access.ledger.agent(sam)).toMatchObject({ hookBead: own.id });
  await empty(sam);
  expect(await run([bead.id, sam])).toMatchObject({ warnings: [expect.stringContaining("is dead")] });
  expect(await access.ledger.agent(polecat)).toMatchObject({ state: "idle", hookBead: "" });
  await empty(sam);
});
