import { afterEach, beforeEach, expect, test } from "vitest";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import type { Bead } from "../../../src/core/ledger/bead.ts";
import { git } from "../../support/scratch-repository.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

let work: WorkTown;
let access: TownAccess;

beforeEach(async () => {
  work = await WorkTown.create();
  work.write("web/settings/config.json", {
    merge_queue: { test_command: "test ! -e bad.txt", direct_gates: true },
  });
  access = await work.access();
});
afterEach(() => work.dispose());

test("with direct_gates only work that passes goes to the target at once, the rest through the queue", async () => {
  const done = async (file: string): Promise<Bead> => {
    const { id } = await work.bead(access, `Write ${file}`, `echo x > ${file}`);
    await sling(access, { words: [id, "web"], options: { merge: "direct" } });
    return waitFor(
      async () => {
        const bead = await access.ledger.get(id);
        return bead?.status === "closed" || bead?.metadata["awaiting_merge"] !== undefined ? bead : undefined;
      },
      { timeoutMs: 60_000, what: `${file} to be handed in` },
    );
  };
  expect((await done("good.txt")).closeReason).toBe("merged directly to main");
  const bad = await done("bad.txt");
  expect(bad.status).not.toBe("closed");
  expect(git(work.origin("web"), "ls-tree", "--name-only", "main").split("\n")).toContain("good.txt");
  expect(git(work.origin("web"), "ls-tree", "--name-only", "main").split("\n")).not.toContain("bad.txt");
}, 120_000);
