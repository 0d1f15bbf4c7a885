import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { BeadJson } from "../../../support/bd-repository.ts";
import { runBd, runGt } from "../../../support/run-cli.ts";
import { waitFor } from "../../../support/wait-for.ts";
import { type ScratchTown, scratchTown } from "../../../support/scratch-town.ts";

let scratch: ScratchTown;
let inRig: string;

beforeAll(async () => {
  scratch = await scratchTown({
    rigs: [
      { name: "web", prefix: "we" },
      { name: "api", prefix: "ap" },
    ],
  });
  inRig = join(scratch.root, "web", "polecats", "nux", "web");
  mkdirSync(join(inRig, ".beads"), { recursive: true });
  // What a project may bring along: it must not capture the command.
  writeFileSync(join(inRig, ".beads", "issues.jsonl"), "");
  mkdirSync(join(scratch.root, "crew-of-nobody"), { recursive: true });
});
afterAll(() => scratch.dispose());

const bd = async <T = BeadJson>(cwd: string, ...args: string[]): Promise<T> => {
  const result = await runBd([...args, "--json"], { cwd });
  if (result.code !== 0) throw new Error(result.stderr);
  return result.json<T>();
};

it("scenario 22: beads go to the rig that the directory is in, and every bead is reachable from everywhere", async () => {
  const own = await bd(inRig, "create", "in the rig");
  expect(own.id).toMatch(/^we-/);
  expect(own["created_by"]).toBe("web/polecats/nux");
  expect((await bd(inRig, "create", "elsewhere", "--rig", "api")).id).toMatch(/^ap-/);
  expect((await bd(scratch.root, "create", "of the town")).id).toMatch(/^hq-/);
  const convoy = await bd(inRig, "create", "-t", "convoy", "y", "--id", "hq-cv-00001");
  expect(convoy).toMatchObject({ id: "hq-cv-00001", labels: ["gt:convoy"] });
  expect((await bd<BeadJson[]>(scratch.root, "show", own.id))[0]).toMatchObject({ title: "in the rig" });
  const ledger = await scratch.ledger();
  await ledger.write("system", [
    { op: "ensureAgent", agent: { id: "hq-mayor", address: "mayor/", role: "mayor" } },
  ]);
  expect((await bd<BeadJson[]>(inRig, "show", "hq-mayor"))[0]).toMatchObject({ role_type: "mayor" });
  const foreign = await runBd(["create", "x", "--id", "zz-1"], { cwd: inRig });
  expect([foreign.code, foreign.stderr]).toEqual([2, expect.stringContaining("prefix mismatch")]);
  const unknown = await runBd(["create", "x", "--rig", "nope"], { cwd: inRig });
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('unknown rig "nope"')]);
});

it("exports the bead of a rig, so that other clones learn what holds for the project", async () => {
  const { stdout } = await runBd(["export", "--scope", "web"], { cwd: scratch.root });
  const [rig] = stdout.split("\n").filter((line) => line.includes('"id":"we-rig-web"'));
  expect(JSON.parse(rig ?? "{}")).toMatchObject({ issue_type: "rig", metadata: { rig: { prefix: "we" } } });
});

it("lists what belongs to the rig inside it, and everything from the town's root", async () => {
  const own = await bd(inRig, "create", "mine");
  const other = await bd(scratch.root, "create", "theirs", "--rig", "api");
  const ids = async (cwd: string, ...flags: string[]) =>
    (await bd<BeadJson[]>(cwd, "list", "--limit", "0", ...flags)).map((bead) => bead.id);
  expect(await ids(inRig)).toContain(own.id);
  expect(await ids(inRig)).not.toContain(other.id);
  expect(await ids(inRig, "--scope", "all")).toContain(other.id);
  expect(await ids(inRig, "--rig", "api")).toContain(other.id);
  const fromRoot = await ids(scratch.root);
  expect(fromRoot).toContain(own.id);
  expect(fromRoot).toContain(other.id);
});

it("tells the town what happened to work", async () => {
  const bead = await bd(inRig, "create", "told about");
  await bd(inRig, "update", bead.id, "--claim");
  await bd(inRig, "close", bead.id, "-r", "failed: flaky");
  const lines = readFileSync(join(scratch.root, ".events.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map(
      (line) =>
        JSON.parse(line) as { type: string; source: string; actor: string; payload: { bead?: string } },
    )
    .filter((event) => event.payload.bead === bead.id);
  expect(lines.map((event) => [event.type, event.source, event.actor])).toEqual([
    ["create", "bd", "web/polecats/nux"],
    ["update", "bd", "web/polecats/nux"],
    ["fail", "bd", "web/polecats/nux"],
  ]);
});

it("gt shows and lists the same beads, with gt's own form of errors and bd's exit codes", async () => {
  const bead = await bd(inRig, "create", "seen by gt", "-d", "the text");
  const shown = await runGt(["show", bead.id, "--json"], { cwd: scratch.root });
  expect(shown.json<BeadJson[]>()[0]).toMatchObject({ id: bead.id });
  expect((await runGt(["cat", bead.id], { cwd: scratch.root })).stdout).toBe("# seen by gt\n\nthe text\n");
  const ready = await runGt(["ready", "--json"], { cwd: scratch.root });
  expect(ready.json<BeadJson[]>().map((one) => one.id)).toContain(bead.id);
  const missing = await runGt(["show", "we-zzzzz", "--json"], { cwd: scratch.root });
  expect([missing.code, missing.json()]).toMatchObject([3, { ok: false, code: "E_NOT_FOUND" }]);
});

it("a command that an agent runs shows that it lives, at most once in five seconds", async () => {
  const ledger = await scratch.ledger();
  await ledger.write("system", [
    {
      op: "ensureAgent",
      agent: {
        id: "we-web-polecat-ace",
        address: "web/polecats/ace",
        role: "polecat",
        rig: "web",
        name: "ace",
      },
    },
  ]);
  const env = { GT_ROLE: "web/polecats/ace", GT_SESSION: "gt-web-ace" };
  await runBd(["list"], { cwd: scratch.root, env });
  const first = (await ledger.agent("web/polecats/ace"))?.lastActivity;
  expect(first).toBeGreaterThan(0);
  await runGt(["version", "--short"], { cwd: scratch.root, env });
  expect((await ledger.agent("web/polecats/ace"))?.lastActivity).toBe(first);
});

it("completes ids, rigs and commands quietly", async () => {
  const bead = await bd(inRig, "create", "complete me");
  // A completion gives up after 150 ms rather than hold up the prompt: on a busy machine it is asked again.
  const offered = (...words: string[]) =>
    waitFor(
      async () => (await runGt(["__complete", "--", ...words], { cwd: scratch.root })).stdout || undefined,
      {
        what: `candidates for ${words.join(" ")}`,
        timeoutMs: 30_000,
      },
    );
  expect(await offered("show", bead.id.slice(0, 5))).toContain(`${bead.id}\tcomplete me\n`);
  const rigs = await offered("ready", "--rig", "");
  expect(rigs.split("\n").map((line) => line.split("\t")[0])).toEqual(["api", "web", ""]);
  const nowhere = await runGt(["__complete", "--", "show", ""], { cwd: scratch.outside });
  expect(nowhere).toMatchObject({ code: 0, stdout: "", stderr: "" });
});
