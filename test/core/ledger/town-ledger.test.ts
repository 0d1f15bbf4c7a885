import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openTownLedger } from "../../../src/core/ledger/town-ledger.ts";
import type { Town } from "../../../src/core/town/town.ts";
import { scratchDirectory } from "./scratch-ledger.ts";

/** What the ledger reads of a town. */
function townOf(root: string, ...rigs: readonly { readonly name: string; readonly prefix: string }[]): Town {
  const paths = {
    root,
    beads: join(root, ".beads"),
    ledger: join(root, ".beads/beads.db"),
    events: join(root, ".events.jsonl"),
  };
  return { root, paths, rigs: () => rigs } as unknown as Town;
}

it("knows the prefixes of the town and its rigs, and hands those of a removed rig on with its beads", async () => {
  const root = await scratchDirectory();
  const first = await openTownLedger(townOf(root, { name: "web", prefix: "we" }));
  const { created } = await first.write("x", [{ op: "create", bead: { title: "A", scope: "web" } }]);
  await first.write("x", [{ op: "registerPrefix", prefix: "ap", scope: "api", path: "api" }]);
  await first.close();
  const routes = (await readFile(join(root, ".beads/routes.jsonl"), "utf8")).trim().split("\n");
  expect(routes.map((line) => JSON.parse(line))).toEqual([
    { prefix: "ap-", path: "api" },
    { prefix: "hq-", path: "." },
    { prefix: "hq-cv-", path: "." },
    { prefix: "we-", path: "web" },
  ]);

  const second = await openTownLedger(
    townOf(root, { name: "shop", prefix: "we" }, { name: "api", prefix: "ap" }),
  );
  expect((await second.get(created[0] ?? ""))?.scope).toBe("shop");
  expect((await second.prefixes()).map(({ prefix, scope }) => [prefix, scope])).toEqual([
    ["ap", "api"],
    ["hq", "town"],
    ["we", "shop"],
  ]);
  await second.close();

  const both = await openTownLedger(
    townOf(root, { name: "shop", prefix: "we" }, { name: "other", prefix: "we" }),
  );
  expect((await both.get(created[0] ?? ""))?.scope).toBe("shop");
  await both.close();
});

it("survives the loss of power when the settings ask for it, the local file before the project's", async () => {
  const root = await scratchDirectory();
  await mkdir(join(root, ".beads"), { recursive: true });
  await writeFile(join(root, ".beads/config.yaml"), "storage:\n  synchronous: full\n");
  const env = { HOME: root };
  const synchronous = async (given: NodeJS.ProcessEnv) => {
    const ledger = await openTownLedger(townOf(root), { env: given });
    const value = ledger.database.pragma("synchronous");
    await ledger.close();
    return value;
  };
  expect(await synchronous(env)).toBe(2);
  expect(await synchronous({ ...env, BD_STORAGE_SYNCHRONOUS: "normal" })).toBe(1);
  await writeFile(join(root, ".beads/config.local.yaml"), "storage.synchronous: normal\n");
  expect(await synchronous(env)).toBe(1);
});
