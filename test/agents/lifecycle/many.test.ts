import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { git } from "../../support/scratch-repository.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

const count = 22;
let town: WorkTown;
let access: TownAccess;

beforeAll(async () => {
  town = await WorkTown.create([
    { name: "web", prefix: "web" },
    { name: "api", prefix: "api" },
  ]);
  access = await town.access();
});
afterAll(() => town.dispose());

test("twenty beads slung at once get twenty polecats, are all handed in and land, none twice, none lost (04 §13.28)", async () => {
  const beads = [];
  const go = join(town.root, "go");
  for (let index = 0; index < count; index++) {
    const scope = index < 20 ? "web" : "api";
    const script = `until test -e ${go}; do sleep 0.2; done; echo ${index} > file-${index}.txt`;
    beads.push(await town.bead(access, `Work ${index}`, script, { scope }));
  }
  const slung = await Promise.all(beads.map((bead) => town.gt(["sling", bead.id, "--json"])));
  expect(slung.filter((result) => result.code !== 0).map((result) => result.stdout)).toEqual([]);
  const polecats = await access.ledger.agents({ role: "polecat", rig: "web" });
  expect(new Set(polecats.map((agent) => agent.name)).size).toBe(20);
  expect(polecats.map((agent) => [agent.state, agent.hookSeq])).toEqual(polecats.map(() => ["working", 1]));
  expect(polecats.map((agent) => agent.hookBead).toSorted()).toEqual(
    beads
      .slice(0, 20)
      .map((bead) => bead.id)
      .toSorted(),
  );
  writeFileSync(go, "");

  const requests = await waitFor(
    async () => {
      const found = await access.ledger.find({ type: "merge-request" });
      return found.length >= count ? found : undefined;
    },
    { timeoutMs: 120_000, what: "the merge requests" },
  );
  const sources = requests.map(
    (request) => (request.metadata["mr"] as { source_issue: string }).source_issue,
  );
  expect(sources.toSorted()).toEqual(beads.map((bead) => bead.id).toSorted());
  for (const [index, bead] of beads.entries()) {
    const mine = requests.find(
      (request) => (request.metadata["mr"] as { source_issue: string }).source_issue === bead.id,
    );
    const { commit_sha: head, branch } = (mine?.metadata["mr"] ?? {}) as {
      commit_sha?: string;
      branch?: string;
    };
    const origin = town.origin(bead.scope);
    expect(git(origin, "rev-parse", `${branch}`)).toBe(head);
    expect(git(origin, "show", `${head}:file-${index}.txt`)).toBe(String(index));
    expect(git(origin, "rev-list", "--count", `main..${head}`)).toBe("1");
  }
  await waitFor(
    async () => (await access.ledger.agents({ role: "polecat" })).every((agent) => agent.state === "idle"),
    {
      timeoutMs: 60_000,
      what: "all polecats to be idle",
    },
  );
  expect(await access.ledger.rows("operations")).toEqual([]);
  expect(await access.ledger.find({ type: "convoy", status: "open" })).toHaveLength(count);

  // Now somebody watches, and all of it lands.
  town.wantUp();
  const up = await town.gt(["up"]);
  expect(up.code, up.stderr).toBe(0);
  await waitFor(async () => (await access.ledger.find({ type: "convoy", status: "open" })).length === 0, {
    timeoutMs: 180_000,
    what: "all to land",
  });
  const hooks = (await access.ledger.agents({ role: "polecat" })).map((agent) => agent.hookState);
  expect(new Set(hooks)).toEqual(new Set(["archived"]));
  const landed = await access.ledger.getMany(beads.map((bead) => bead.id));
  for (const bead of landed.values()) {
    expect(bead.status).toBe("closed");
    expect(bead.closeReason).toMatch(/^Merged in /);
  }
  expect(git(town.origin("web"), "rev-list", "--count", "main")).toBe("21");
  expect(git(town.origin("api"), "rev-list", "--count", "main")).toBe("3");
  const logs = ["daemon.log", "host.log"].map((file) => join(town.root, "logs", file));
  for (const file of logs) if (existsSync(file)) expect(readFileSync(file, "utf8")).not.toContain("locked");
}, 400_000);
