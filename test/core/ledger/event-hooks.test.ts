import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { hookCalls, startHooks } from "../../../src/core/ledger/event-hooks.ts";
import { openLedger } from "../../../src/core/ledger/open-ledger.ts";
import { waitFor } from "../../support/wait-for.ts";
import { scratchDirectory } from "./scratch-ledger.ts";

async function hookDirectory(scripts: Readonly<Record<string, string>>): Promise<string> {
  const directory = join(await scratchDirectory(), ".beads", "hooks");
  await mkdir(directory, { recursive: true });
  for (const [name, body] of Object.entries(scripts)) {
    await writeFile(join(directory, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(directory, name), 0o755);
  }
  return directory;
}

const textOf = async (file: string) => (existsSync(file) ? readFile(file, "utf8") : "");

it("calls a hook once for each bead and kind, and none for quiet or foreign changes", () => {
  const of = (...events: readonly (readonly [string, string])[]) =>
    hookCalls(events.map(([id, type]) => ({ id, type }))).map(({ hook, id, type }) => [hook, id, type]);
  expect(of(["a", "created"], ["a", "label_added"], ["b", "updated"], ["b", "label_added"])).toEqual([
    ["on_create", "a", "created"],
    ["on_update", "b", "updated"],
  ]);
  expect(of(["a", "closed"], ["b", "agent_updated"], ["c", "imported"], ["d", "deleted"])).toEqual([
    ["on_close", "a", "closed"],
  ]);
});

it("starts hooks after the commit, with id, event and the bead, and does not care whether they fail", async () => {
  const directory = await hookDirectory({
    on_create: 'cat > "$1.json.tmp"; echo "$1 $2" >> called; mv "$1.json.tmp" "$1.json"',
    on_close: 'echo "it broke" >&2; exit 7',
  });
  const root = join(directory, "../..");
  const ledger = await openLedger({ path: join(root, ".beads/beads.db"), create: true, hooks: directory });
  onTestFinished(() => ledger.close());
  await ledger.write("x", [{ op: "registerPrefix", prefix: "gt", scope: "local", path: "." }]);
  const description = "y".repeat(300_000);
  const { created } = await ledger.write("x", [{ op: "create", bead: { title: "A", description } }]);
  const id = created[0] ?? "";
  await waitFor(() => existsSync(join(root, `${id}.json`)), { timeoutMs: 30_000, what: "the hook" });
  expect(JSON.parse(await textOf(join(root, `${id}.json`)))).toMatchObject({ id, title: "A", description });
  expect(await textOf(join(root, "called"))).toBe(`${id} created\n`);
  await ledger.write("x", [{ op: "close", id, close: { reason: "done" } }]);
  const log = join(root, ".beads/hooks.log");
  await waitFor(async () => (await textOf(log)).includes("exit code 7"), {
    timeoutMs: 30_000,
    what: "the log",
  });
  expect(await textOf(log)).toContain("it broke");
});

it("ends a hook that takes too long with all it started, and calls none from inside a hook", async () => {
  const directory = await hookDirectory({ on_update: "echo $$ > pid; sleep 600 & wait" });
  const root = join(directory, "../..");
  const call = { hook: "on_update", id: "gt-1", type: "updated" } as const;
  startHooks({ directory, env: { ...process.env, BD_IN_HOOK: "1" } }, [call], () => "{}");
  startHooks({ directory, limitSeconds: 1 }, [call], () => "{}");
  const log = join(root, ".beads/hooks.log");
  await waitFor(async () => (await textOf(log)).includes("stopped after 1 s"), { timeoutMs: 30_000 });
  const pid = Number(await textOf(join(root, "pid")));
  expect(pid).toBeGreaterThan(0);
  await waitFor(() => !isAlive(pid), { timeoutMs: 30_000, what: "the end of the hook" });
  expect((await textOf(log)).split("\n").filter((line) => line.includes("stopped"))).toHaveLength(1);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
