import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { keepLock } from "../../../src/core/lock/keep-lock.ts";
import { acquireLock, isLocked, lockHolder, withLock } from "../../../src/core/lock/lock.ts";
import { runScript } from "../../support/run-script.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { waitFor } from "../../support/wait-for.ts";

test("a held lock is refused with the name of its holder, even inside one process", async () => {
  const locks = join(temporaryDirectory(), "locks");
  const held = await acquireLock(locks, "agent-web/polecats/nux", { kind: "sling" });
  await expect(
    acquireLock(locks, "agent-web/polecats/nux", { subject: "web/polecats/nux" }),
  ).rejects.toMatchObject({
    code: "E_BUSY",
    message: expect.stringMatching(
      new RegExp(`^web/polecats/nux is being changed by pid ${process.pid} \\(sling, since 20`),
    ),
  });
  expect(existsSync(join(locks, "agent-web_polecats_nux.lock"))).toBe(true);
  held.release();
  held.release();
  expect(isLocked(locks, "agent-web/polecats/nux")).toBe(false);
  expect(lockHolder(locks, "agent-web/polecats/nux")).toBeUndefined();
});

test("a waiting caller gets the lock when it is released", async () => {
  const locks = temporaryDirectory();
  const first = await acquireLock(locks, "pool-web");
  const second = acquireLock(locks, "pool-web", { waitMs: 20_000 });
  first.release();
  (await second).release();
});

test("a lock vanishes with a holder that is killed, and its file stays", async () => {
  const locks = temporaryDirectory();
  const holder = runScript(`
    import { acquireLock } from "src/core/lock/lock.ts";
    await acquireLock(${JSON.stringify(locks)}, "daemon", { kind: "daemon" });
    process.stdout.write("held");
    setInterval(() => {}, 1000);
  `);
  await waitFor(() => holder.output() === "held", { what: "the lock to be held", timeoutMs: 30_000 });
  expect(lockHolder(locks, "daemon")).toMatchObject({ pid: holder.child.pid, kind: "daemon" });
  holder.child.kill("SIGKILL");
  await holder.ended;
  (await acquireLock(locks, "daemon")).release();
  expect(existsSync(join(locks, "daemon.lock"))).toBe(true);
});

test("looking at a free lock does not make anybody's attempt fail", async () => {
  const locks = temporaryDirectory();
  const looker = runScript(`
    import { isLocked } from "src/core/lock/lock.ts";
    process.stdout.write("looking");
    for (;;) { isLocked(${JSON.stringify(locks)}, "host"); await new Promise((go) => setTimeout(go, 1)); }
  `);
  await waitFor(() => looker.output() === "looking", { timeoutMs: 30_000 });
  for (let round = 0; round < 50; round++) (await acquireLock(locks, "host")).release();
});

test.each(["released", "killed"])(
  "a probe that takes long on a busy machine is outlasted, whether the last holder has %s it or was killed",
  async (end) => {
    const locks = temporaryDirectory();
    (await acquireLock(locks, "daemon")).release();
    const dead = { pid: 2 ** 22 + 1, kind: "daemon", since: "2026-01-01T00:00:00Z" };
    if (end === "killed") writeFileSync(join(locks, "daemon.lock.holder"), JSON.stringify(dead));
    const probe = new Database(join(locks, "daemon.lock"));
    probe.exec("BEGIN EXCLUSIVE");
    setTimeout(() => probe.close(), 300);
    (await acquireLock(locks, "daemon")).release();
    expect(probe.open).toBe(false);
  },
);

test("no two processes are ever inside the same lock", async () => {
  const locks = temporaryDirectory();
  const counter = join(locks, "counter");
  const script = `
    import { existsSync, readFileSync, writeFileSync } from "node:fs";
    import { withLock } from "src/core/lock/lock.ts";
    for (let i = 0; i < 20; i++) {
      await withLock(${JSON.stringify(locks)}, "registry", { waitMs: 60000 }, async () => {
        const count = existsSync(${JSON.stringify(counter)}) ? Number(readFileSync(${JSON.stringify(counter)}, "utf8")) : 0;
        await new Promise((go) => setTimeout(go, 1));
        writeFileSync(${JSON.stringify(counter)}, String(count + 1));
      });
    }
  `;
  const runs = Array.from({ length: 3 }, () => runScript(script));
  expect(await Promise.all(runs.map((run) => run.ended))).toEqual([0, 0, 0]);
  const count = await withLock(locks, "registry", {}, async () =>
    Number((await import("node:fs")).readFileSync(counter, "utf8")),
  );
  expect(count).toBe(60);
});

test("a kept lock is taken again when its file is deleted, and its loss is told once when another was quicker", async () => {
  const locks = join(temporaryDirectory(), "runtime", "locks");
  let losses = 0;
  const kept = await keepLock(locks, "daemon", () => void losses++);
  for (let round = 0; round < 3; round++) {
    rmSync(join(locks, ".."), { recursive: true });
    await waitFor(() => isLocked(locks, "daemon"), { what: "the lock to be taken again" });
  }
  rmSync(locks, { recursive: true });
  const other = await acquireLock(locks, "daemon");
  await waitFor(() => losses === 1, { what: "the loss to be told" });
  other.release();
  kept.release();
  expect([isLocked(locks, "daemon"), losses]).toEqual([false, 1]);
});
