import { execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it, onTestFinished } from "vitest";
import { type BeadJson, bdRepository } from "../../../support/bd-repository.ts";
import { cliEnv, runBd } from "../../../support/run-cli.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

const bin = join(import.meta.dirname, "../../../../bin/bd");

interface ChangesJson {
  readonly changes: readonly {
    readonly seq: number;
    readonly event_type: string;
    readonly issue_id: string;
  }[];
}

it("scenario 8: shell loops that create beads all at once all succeed", { timeout: 120_000 }, async () => {
  const repository = await bdRepository();
  const loop = 'for n in 1 2; do "$0" "$1" create "loop $2 $n" -q || exit 1; done';
  const codes = await Promise.all(
    Array.from({ length: 50 }, (_, n) => {
      const child = spawn("sh", ["-c", loop, process.execPath, bin, String(n)], {
        cwd: repository.path,
        env: cliEnv({ BD_ACTOR: `p${n}` }),
        stdio: ["ignore", "ignore", "inherit"],
      });
      onTestFinished(() => void child.kill("SIGKILL"));
      return new Promise((resolve) => child.on("close", resolve));
    }),
  );
  expect(codes).toEqual(codes.map(() => 0));
  const beads = await repository.json<readonly BeadJson[]>("list", "--limit", "0");
  expect(new Set(beads.map(({ title }) => title)).size).toBe(100);
  const { changes } = await repository.json<ChangesJson>("changes", "--since", "0", "--limit", "0");
  const created = changes.filter(({ event_type }) => event_type === "created");
  expect(created.map(({ issue_id }) => issue_id).toSorted()).toEqual(beads.map(({ id }) => id).toSorted());
  expect(changes.every(({ seq }, n) => n === 0 || seq > (changes[n - 1]?.seq ?? 0))).toBe(true);
  const { checks } = (await repository.bd(["doctor", "--deep", "--json"])).json<{ checks: BeadJson[] }>();
  expect(checks.filter(({ status }) => status === "error")).toEqual([]);
});

it("scenario 9: batches that are killed at any moment are there as a whole or not at all, and so is the export", {
  timeout: 60_000,
}, async () => {
  const repository = await bdRepository();
  const text = Array.from({ length: 200 }, (_, n) => `create task ${n % 5} Bead number ${n}`).join("\n");
  writeFileSync(join(repository.path, "batch.txt"), text);
  const batch = ["batch", "-f", "batch.txt", "--json"];
  const begin = performance.now();
  expect((await repository.bd(batch)).code).toBe(0);
  const whole = performance.now() - begin;
  for (let round = 0; round < 20; round++) {
    // The moment of the kill is what varies: over the last part of a run, where the transaction is.
    const killed = await repository.bd(batch, { timeoutMs: Math.ceil(whole * (0.4 + (round * 0.6) / 20)) });
    expect(killed.code === 0 || killed.signal === "SIGKILL").toBe(true);
  }
  const database = new Database(join(repository.path, ".beads/beads.db"), { readonly: true });
  onTestFinished(() => void database.close());
  const stored = database
    .prepare<[], BeadJson>("SELECT id, title, status, priority, issue_type FROM issues ORDER BY id")
    .all();
  expect(stored.length).toBeGreaterThanOrEqual(200);
  expect(stored.length % 200).toBe(0);
  const after = await repository.create("works without repair");
  const synced = await repository.bd(["sync", "--no-push"]);
  expect(synced.stderr).toBe("");
  expect(synced.code).toBe(0);
  const file = readFileSync(join(repository.path, ".beads/issues.jsonl"), "utf8");
  expect(file).toBe((await repository.bd(["export"])).stdout);
  const lines = file
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as BeadJson);
  const told = lines.map(({ id, title, status, priority, issue_type }) => ({
    id,
    title,
    status,
    priority,
    issue_type,
  }));
  expect(told.filter(({ id }) => id !== after)).toEqual(stored);
});

it("scenario 18: three clones that sync at the same moment all succeed, and the branch holds all beads", {
  timeout: 60_000,
}, async () => {
  const directory = temporaryDirectory();
  const git = (...args: readonly string[]) =>
    execFileSync("git", args, { cwd: directory, env: cliEnv(), encoding: "utf8" });
  git("init", "-q", "--bare", "-b", "main", "origin.git");
  git("clone", "-q", "origin.git", "seed");
  git("-C", "seed", "commit", "-q", "--allow-empty", "-m", "first");
  git("-C", "seed", "push", "-q", "origin", "HEAD");
  const titles: string[] = [];
  const clones = ["one", "two", "three"].map((name) => ({ name, path: join(directory, name) }));
  for (const { name, path } of clones) {
    git("clone", "-q", "origin.git", name);
    const options = { cwd: path, env: { BD_ACTOR: name } };
    expect((await runBd(["init", "-q", "-p", "demo", "--skip-agents"], options)).code).toBe(0);
    for (const n of [1, 2, 3]) {
      titles.push(`${name} ${n}`);
      expect((await runBd(["create", `${name} ${n}`], options)).code).toBe(0);
    }
  }
  const runs = await Promise.all(
    clones.map(({ name, path }) => runBd(["sync"], { cwd: path, env: { BD_ACTOR: name } })),
  );
  expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual(runs.map(() => [0, ""]));
  const branch = git("-C", "origin.git", "show", "beads-sync:.beads/issues.jsonl").trimEnd().split("\n");
  expect(branch.map((line) => (JSON.parse(line) as BeadJson).title).toSorted()).toEqual(titles.toSorted());
});
