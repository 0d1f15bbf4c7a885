import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addCrew } from "../../../../src/agents/lifecycle/crew.ts";
import { supervisorUnit } from "../../../../src/agents/daemon/supervisor-unit.ts";
import { cliEnv, runGt } from "../../../support/run-cli.ts";
import { judgeOrigins } from "../../../support/target-history.ts";
import { openTerminal } from "../../../support/terminal.ts";
import { WorkTown } from "../../../support/work-town.ts";

let work: WorkTown;
let home: string;

beforeEach(async () => {
  work = await WorkTown.create();
  home = realpathSync(mkdtempSync(join(tmpdir(), "gt-home-")));
});
afterEach(async () => {
  await work.dispose();
  rmSync(home, { recursive: true, force: true });
});

const put = (path: string): string => {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, "x\n");
  return path;
};

test("gt uninstall lists and removes what is ours outside towns, supervisor units of any town too, and nothing else", async () => {
  const unit = supervisorUnit({
    ...{ platform: process.platform, root: "/gone", argv: ["node"], env: { HOME: home }, uid: 0 },
  });
  const ours = [
    ...(unit === undefined ? [] : [put(unit.file)]),
    put(join(home, ".gt/hooks-base.json")),
    put(join(home, ".local/state/gastown/towns.json")),
  ];
  const others = [
    put(join(home, ".config/systemd/user/gastown-mine.service")),
    put(join(home, ".local/state/other")),
    put(join(home, "hooks/keep")),
  ];
  // A directory of the person's own choice: only our files in it go.
  ours.push(put(join(home, "hooks/hooks-base.json")));
  const env = { HOME: home, GT_HOME: join(home, "hooks") };

  const asked = await runGt(["uninstall", "--json"], { cwd: home, env });
  expect(asked).toMatchObject({ code: 1 });
  expect(asked.json()).toMatchObject({ code: "E_REFUSED", hint: expect.stringContaining("--force") });
  for (const path of ours) expect(existsSync(path), path).toBe(true);

  const done = await runGt(["uninstall", "--force"], { cwd: home, env });
  expect(done).toMatchObject({ code: 0 });
  expect(done.stdout).toContain("npm uninstall -g gastown");
  expect(ours.filter((path) => existsSync(path))).toEqual([]);
  expect(others.filter((path) => !existsSync(path))).toEqual([]);
  expect((await runGt(["uninstall"], { cwd: home, env })).stdout).toContain(
    "nothing of it is on this machine",
  );
});

test("the town goes only after its name was typed, and not while work in it is nowhere else", async () => {
  const access = await work.access();
  await addCrew(access, work.rig(), "max", { ownBranch: false });
  const draft = put(join(work.root, "web/crew/max/draft.txt"));
  const refused = await runGt(["uninstall", "--workspace", "--json"], {
    cwd: work.root,
    env: { HOME: home },
  });
  expect(refused.json()).toMatchObject({
    code: "E_UNSAFE",
    details: { why: [expect.stringMatching(/^web\/crew\/max: .*uncommitted/)] },
  });
  expect(existsSync(draft)).toBe(true);

  rmSync(draft);
  judgeOrigins(work.root);
  using terminal = openTerminal(
    process.execPath,
    [join(import.meta.dirname, "../../../../bin/gt"), "uninstall", "--workspace"],
    { cwd: work.root, env: { ...cliEnv({ HOME: home }), TERM: "xterm-256color" }, columns: 100, rows: 30 },
  );
  await terminal.waitForText('type "test" to go on', 30_000);
  terminal.type("test\r");
  expect(await terminal.waitForExit()).toBe(0);
  expect(existsSync(work.root) ? readdirSync(work.root) : []).toEqual([]);
}, 60_000);
