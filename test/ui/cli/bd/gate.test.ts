import { execFileSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type BeadJson, bdRepository } from "../../../support/bd-repository.ts";
import { cliEnv, runBd, runGt } from "../../../support/run-cli.ts";
import { scratchTown } from "../../../support/scratch-town.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

/** A PATH on which `gh` answers by its first two words; without answers there is no gh on it. */
function pathWithGh(answers?: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory();
  const git = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
  symlinkSync(git, join(directory, "git"));
  if (answers === undefined) return directory;
  const cases = Object.entries(answers).map(([words, answer]) => `"${words}") printf '%s' '${answer}' ;;`);
  const script = `#!/bin/sh\ncase "$1 $2" in\n${cases.join("\n")}\n*) echo "HTTP 502" >&2; exit 1 ;;\nesac\n`;
  writeFileSync(join(directory, "gh"), script, { mode: 0o755 });
  return [directory, process.env["PATH"]].join(delimiter);
}

it("never takes a missing gh for a yes, and says what to do about it", async () => {
  const repository = await bdRepository();
  const env = { PATH: pathWithGh() };
  const work = await repository.create("deploy");
  const gate = await repository.json(
    "gate",
    "create",
    "--blocks",
    work,
    "--type",
    "gh:pr",
    "--await-id",
    "12",
  );
  const checked = await repository.bd(["gate", "check"], { env });
  expect([checked.code, checked.stdout]).toEqual([1, ""]);
  expect(checked.stderr).toMatch(new RegExp(`^Error: ${gate.id}: gh cannot be run: .*ENOENT`));
  const json = await repository.bd(["gate", "check", "--json"], { env });
  expect(json.json()).toMatchObject({ checked: 1, resolved: 0, escalated: 0, errors: 1, dry_run: false });
  expect(await repository.ready()).toEqual([]);
  expect((await repository.json<BeadJson[]>("gate", "list"))[0]).toMatchObject({
    metadata: { gate: { state: "armed", last_reason: expect.stringContaining("gh cannot be run") } },
  });
  expect((await repository.bd(["gate", "discover"], { env })).code).toBe(0);
  await repository.json("gate", "create", "--blocks", work, "--type", "gh:run", "--await-id", "ci");
  const discovered = await repository.bd(["gate", "discover", "--json"], { env });
  expect([discovered.code, discovered.json<{ error: string }>().error]).toEqual([1, "gh cannot be run"]);
  const closed = await repository.bd(["close", gate.id], { env });
  expect([closed.code, closed.stderr]).toEqual([0, expect.stringContaining("warning: ")]);
});

it("opens gates for a merged pull request and a green run, and lets nobody close one that is still red", async () => {
  const repository = await bdRepository();
  execFileSync("git", ["commit", "-q", "--allow-empty", "-m", "x"], { cwd: repository.path, env: cliEnv() });
  const work = await repository.create("deploy");
  const create = (...flags: readonly string[]) =>
    repository.json("gate", "create", "--blocks", work, ...flags);
  const pull = await create("--type", "gh:pr", "--await-id", "12");
  const run = await create("--type", "gh:run", "--await-id", "ci.yml");
  const branch = execFileSync("git", ["branch", "--show-current"], {
    cwd: repository.path,
    encoding: "utf8",
  });
  const found = (status: string, conclusion: string) => ({
    "run list": JSON.stringify([
      {
        ...{ databaseId: 77, status, conclusion, workflowName: "CI", workflowDatabaseId: 5 },
        ...{ headBranch: branch.trim(), headSha: "0", createdAt: new Date().toISOString() },
      },
    ]),
    "workflow list": '[{"id":5,"name":"CI","path":".github/workflows/ci.yml"}]',
  });
  const pending = { PATH: pathWithGh({ "pr view": '{"state":"OPEN"}', ...found("in_progress", "") }) };
  const refused = await repository.bd(["close", pull.id], { env: pending });
  expect([refused.code, refused.stderr.split("\n")[0]]).toEqual([
    1,
    `Error: cannot close ${pull.id}: gate condition not satisfied: pull request 12 is open (use --force to override)`,
  ]);
  expect((await repository.bd(["gate", "discover"], { env: pending })).stdout).toBe(
    `${run.id}: run 77 (CI on ${branch.trim()})\n`,
  );
  const view = (conclusion: string) => ({
    "run view": `{"databaseId":77,"status":"completed","conclusion":"${conclusion}"}`,
  });
  const red = { PATH: pathWithGh({ "pr view": '{"state":"MERGED"}', ...view("failure") }) };
  const checked = await repository.bd(["gate", "check"], { env: red });
  expect(checked.stdout).toBe(
    `${pull.id}: resolved (pull request 12 is merged)\n${run.id}: ESCALATE (run 77 ended with failure)\n`,
  );
  expect((await repository.bd(["gate", "wait", run.id, "--timeout", "30s"])).code).toBe(3);
  const alone = await repository.bd(["gate", "check", "--escalate", "--json"], { env: red });
  expect(alone.json()).toMatchObject({ checked: 1, resolved: 0, escalated: 0, errors: 1 });
  expect(await repository.json("gate", "retry", run.id)).toMatchObject({
    await_id: "77",
    metadata: { gate: { state: "armed" } },
  });
  const green = { PATH: pathWithGh(view("success")) };
  expect(
    (await repository.bd(["gate", "check", "--type", "gh:pr", "--json"], { env: green })).json(),
  ).toMatchObject({
    checked: 0,
  });
  expect((await repository.bd(["gate", "check", "--json"], { env: green })).json()).toMatchObject({
    resolved: 1,
    errors: 0,
  });
  expect(await repository.ready()).toEqual([work]);
  expect((await repository.bd(["gate", "check", "--type", "nonsense"])).code).toBe(2);
  expect((await repository.bd(["gate", "create", "--blocks", work, "--type", "timer"])).code).toBe(2);
});

it("escalates a failed gate once", async () => {
  const scratch = await scratchTown({ rigs: [] });
  onTestFinished(() => scratch.dispose());
  const at = { cwd: scratch.root, env: { GT_NO_DAEMON: "1" } };
  const bd = async (...args: readonly string[]) => (await runBd([...args, "--json"], at)).json<BeadJson>();
  const [work, dead] = [await bd("create", "release"), await bd("create", "build")];
  await bd("close", dead.id, "--failed", "-r", "failed: red");
  const gate = await bd("gate", "create", "--blocks", work.id, "--type", "bead", "--await-id", dead.id);
  expect(await bd("gate", "check", "-e", "--dry-run")).toMatchObject({ escalated: 1, dry_run: true });
  expect(await bd("gate", "check", "-e")).toMatchObject({ checked: 1, resolved: 0, escalated: 1, errors: 0 });
  expect(await bd("gate", "check", "-e")).toMatchObject({ checked: 1, escalated: 0, errors: 0 });
  const list = await runGt(["escalate", "list", "--json"], at);
  expect(list.stdout.match(new RegExp(`Gate ${gate.id} failed`, "g"))).toHaveLength(1);
});
