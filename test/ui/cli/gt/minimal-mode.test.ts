import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectHost } from "../../../../src/agents/sessions/client.ts";
import { git } from "../../../support/scratch-repository.ts";
import { type CliResult, runGt } from "../../../support/run-cli.ts";
import { WorkTown } from "../../../support/work-town.ts";

let work: WorkTown;
beforeEach(async () => {
  work = await WorkTown.create();
  work.write("settings/config.json", { default_agent: "shell", sessions: { backend: "none" } });
});
afterEach(() => work.dispose());

const gt = (args: readonly string[], cwd = work.root): Promise<CliResult> =>
  runGt(args, { cwd, env: { GT_NO_DAEMON: "1" } });

test("without host and daemon work is slung, done and handed in by hand (spec/04 §2.7)", async () => {
  const access = await work.access();
  const { id } = await work.bead(access, "Paint the shed", "echo green > shed.txt");
  const slung = await gt(["sling", id, "web"]);
  const [polecat] = await access.ledger.agents({ role: "polecat" });
  const address = polecat?.address ?? "";
  const worktree = join(work.root, address, "web");
  expect(slung.stdout).toContain(`▶ start it by hand:\n  cd ${worktree}\n  gt shell-run ${id}\n`);
  expect(polecat).toMatchObject({ state: "working", hookState: "active", hookBead: id });

  // Whether it runs nobody knows: it is neither taken for dead nor started.
  expect((await gt(["sling", id, "web"])).stdout).toContain("is already on");
  expect((await gt(["hook", "status", address, "--json"])).json()).toMatchObject({ health: "working" });
  expect(await gt(["session", "start", address])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("is started by hand"),
  });
  await gt(["hook", "suspend", address]);
  expect((await gt(["hook", "resume", address])).stdout).toContain("works again");

  expect((await gt(["prime"], worktree)).stdout).toContain("Paint the shed");
  expect(await gt(["shell-run", id], worktree)).toMatchObject({ code: 0 });
  const done = await access.ledger.agent(address);
  expect(done).toMatchObject({ state: "idle", hookState: "completed", exitType: "COMPLETED" });
  expect(git(work.origin("web"), "show", `${polecat?.branch}:shed.txt`)).toBe("green");
  await expect(connectHost(work.town, { start: false })).rejects.toMatchObject({ code: "E_HOST_DOWN" });
});
