import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { openOperations } from "../../../src/agents/lifecycle/operation-record.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import { unsling } from "../../../src/agents/lifecycle/unsling.ts";
import { git } from "../../support/scratch-repository.ts";
import { WorkTown } from "../../support/work-town.ts";

test("what is left of a sandbox makes room for a new one, and one that cannot be used again is passed over", async () => {
  const town = await WorkTown.create([{ name: "web", prefix: "my-web" }]);
  onTestFinished(() => town.dispose());
  town.write("settings/config.json", {
    default_agent: "idler",
    operational: { session: { graceful_stop: "100ms", start_probe: "100ms" } },
    agents: {
      idler: { provider: "generic", command: "sh", args: ["-c", "read -r line"], prompt_mode: "none" },
    },
  });
  const access = await town.access();
  town.write("web/settings/config.json", { namepool: { names: ["anna", "berta", "clara"] } });
  town.write(".beads-wisp/config/web.json", {
    rig: "web",
    values: { polecat_branch_template: "{user}/{issue}" },
  });
  town.git("web", "config", "user.name", "Ada Byron");
  town.write("web/polecats/anna/web/notes.txt", "left behind");
  const dispatch = async (bead: string) =>
    (await sling(access, { words: [bead, "web"], options: {} })).dispatched[0];

  const [first, second] = [await town.bead(access, "First"), await town.bead(access, "Second")];
  const issue = (id: string): string => id.slice("my-web-".length);
  expect(await dispatch(first.id)).toMatchObject({
    agent: "web/polecats/anna",
    reused: false,
    branch: `Ada-Byron/${issue(first.id)}`,
  });
  const [kept = ""] = readdirSync(town.town.paths.lostAndFound);
  expect(kept).toMatch(/^web-anna-\d+$/);
  expect(readFileSync(join(town.town.paths.lostAndFound, kept, "web/notes.txt"), "utf8")).toBe("left behind");

  await unsling(access, { bead: first.id, force: true });
  const worktree = join(town.rig().polecats, "anna/web");
  writeFileSync(join(worktree, "draft.txt"), "draft");
  writeFileSync(git(worktree, "rev-parse", "--path-format=absolute", "--git-path", "index"), "no index");
  town.git("web", "branch", `Ada-Byron/${issue(second.id)}`, "main");
  const passed = await dispatch(second.id);
  expect(passed).toMatchObject({
    agent: "web/polecats/berta",
    reused: false,
    branch: expect.stringMatching(new RegExp(`^Ada-Byron/${issue(second.id)}-[0-9a-z]+$`)),
    warnings: [expect.stringContaining("the sandbox of web/polecats/anna cannot be used again")],
  });
  expect(readFileSync(join(worktree, "draft.txt"), "utf8")).toBe("draft");
  expect(await openOperations(access.ledger)).toEqual([]);
  expect(await access.ledger.agent("web/polecats/anna")).toMatchObject({ state: "idle", hookBead: "" });

  // A session that works nowhere is shown, and ends before its name is given again.
  const stray = await liveSession(access, "web/polecats/berta");
  expect(stray).toBeDefined();
  rmSync(join(town.rig().polecats, "berta"), { recursive: true });
  await access.ledger.write("overseer", [
    { op: "unhook", address: "web/polecats/berta" },
    { op: "setAgent", address: "web/polecats/berta", fields: { state: "nuked" } },
  ]);
  expect((await town.gt(["polecat", "list", "--json"])).json()).toContainEqual(
    expect.objectContaining({ name: "berta", health: "zombie", session_running: true }),
  );
  const third = await town.bead(access, "Third");
  expect(await dispatch(third.id)).toMatchObject({ agent: "web/polecats/berta", reused: false });
  expect((await liveSession(access, "web/polecats/berta"))?.runId).not.toBe(stray?.runId);
});
