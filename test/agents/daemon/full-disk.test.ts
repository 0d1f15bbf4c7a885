import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connectHost } from "../../../src/agents/sessions/client.ts";
import { readStop } from "../../../src/agents/daemon/emergency-stop.ts";
import { GateLog } from "../../../src/agents/refinery/gate-log.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { isDiskFull } from "../../../src/core/disk-full.ts";
import type { TownEvent } from "../../../src/core/events/event.ts";
import { appendEvents, parseEvent } from "../../../src/core/events/event-log.ts";
import { exportScope } from "../../../src/core/ledger/jsonl/export-scope.ts";
import { openLedger } from "../../../src/core/ledger/open-ledger.ts";
import { openTown } from "../../../src/core/town/open-town.ts";
import type { Town } from "../../../src/core/town/town.ts";
import { type CliResult, runBd, runGt } from "../../support/run-cli.ts";
import { git, scratchOrigin } from "../../support/scratch-repository.ts";
import { diskMaking, runInNamespace, SmallDisk } from "../../support/small-disk.ts";
import { judgeOrigins } from "../../support/target-history.ts";
import { waitFor } from "../../support/wait-for.ts";

const making = diskMaking();
if (typeof making === "object") test.skip(`a full disk cannot be made here (${making.not})`, () => undefined);
if (making === "namespace")
  test("a full disk, in a namespace of its own", () => {
    runInNamespace("test/agents/daemon/full-disk.test.ts");
  }, 180_000);

/** spec/04 §12 "disk full (ENOSPC) mid-write", with a file system that is really full. */
describe.runIf(making === "mount")("on a full disk", () => {
  let disk: SmallDisk;
  let outside: string;
  let root: string;
  let town: Town;
  const polecat = "web/polecats/furiosa";
  const watched = { GT_NO_DAEMON: "" };

  const gt = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> =>
    runGt(args, { cwd: root, env: { GT_NO_DAEMON: "1", ...env }, timeoutMs: 120_000 });
  const bd = (args: readonly string[]): Promise<CliResult> =>
    runBd(args, { cwd: root, env: { GT_NO_DAEMON: "1" }, timeoutMs: 120_000 });
  const ok = async (running: Promise<CliResult>): Promise<CliResult> => {
    const result = await running;
    expect(result.code, result.stderr + result.stdout).toBe(0);
    return result;
  };

  async function bead(title: string, script: string): Promise<string> {
    const args = ["create", title, "--rig", "web", "--silent", "-d", `\`\`\`sh\n${script}\n\`\`\``];
    return (await ok(bd(args))).stdout.trim();
  }

  /** What SQLite itself says of the file, and every bead in it. Of a copy, for which there is room. */
  function look(): { readonly integrity: unknown; readonly beads: readonly string[] } {
    const copy = join(outside, "copy.db");
    for (const part of ["", "-wal", "-shm"]) {
      rmSync(copy + part, { force: true });
      const file = join(root, ".beads", `beads.db${part}`);
      if (part !== "-shm" && existsSync(file)) copyFileSync(file, copy + part);
    }
    const database = new Database(copy);
    try {
      return {
        integrity: database.pragma("integrity_check", { simple: true }),
        beads: database.prepare("SELECT title FROM issues ORDER BY title").pluck().all() as string[],
      };
    } finally {
      database.close();
    }
  }

  function litter(): readonly string[] {
    return (readdirSync(root, { recursive: true }) as string[]).filter((path) => path.endsWith(".tmp"));
  }

  const settingsFiles = [
    "settings/config.json",
    "mayor/rigs.json",
    "web/settings/config.json",
    "web/config.json",
  ];
  const settings = (): readonly string[] =>
    settingsFiles.map((path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : ""));

  beforeAll(async () => {
    disk = new SmallDisk();
    outside = realpathSync(mkdtempSync(join(tmpdir(), "gt-origin-")));
    root = join(disk.path, "town");
    scratchOrigin(join(outside, "web"));
    await ok(
      runGt(["install", root], { cwd: outside, env: { GT_NO_DAEMON: "1", EMAIL: "ada@example.com" } }),
    );
    await ok(gt(["rig", "add", "web", join(outside, "web"), "--prefix", "web"]));
    await ok(gt(["config", "set", "default_agent", "shell"]));
    town = openTown(root, { env: {} });
    // Sessions need a host; a daemon would do things by itself, and comes last.
    (await connectHost(town)).disconnect();
  }, 120_000);

  afterAll(async () => {
    disk.clear();
    await gt(["down", "--all", "--force"]);
    disk.remove();
    judgeOrigins(outside);
    rmSync(outside, { recursive: true, force: true });
  }, 120_000);

  beforeEach(() => disk.clear());

  test("a file that does not fit is reported, and what was there before is whole", async () => {
    const path = join(outside, "beads.db");
    const ledger = await openLedger({ path, clock: systemClock, create: true });
    try {
      const create = (title: string, description: string) =>
        ledger.write("overseer", [{ op: "create", bead: { title, description, scope: "web" } }]);
      await ledger.write("overseer", [{ op: "registerPrefix", prefix: "web", scope: "web", path: "." }]);
      await create("Small", "");
      const file = join(disk.path, "issues.jsonl");
      await exportScope(ledger, { scope: "web", path: file, now: 1 });
      const events = join(disk.path, "events.jsonl");
      const event = (type: string, text: string): TownEvent => ({
        ...{ ts: "2026-01-01T00:00:00Z", source: "gt", type, actor: "overseer" },
        ...{ payload: { a: text, b: text, c: text }, visibility: "feed" },
      });
      appendEvents(events, [event("first", "")]);
      const before = readFileSync(file, "utf8");
      await create("Large", "z".repeat(100_000));

      disk.leave(8192);
      await expect(exportScope(ledger, { scope: "web", path: file, now: 2 })).rejects.toSatisfy(isDiskFull);
      expect(readFileSync(file, "utf8")).toBe(before);
      expect(() =>
        appendEvents(events, [event("large", "e".repeat(4000)), event("more", "e".repeat(4000))]),
      ).toThrow("the disk is full");
      const backup = join(disk.path, "backup.db");
      await expect(ledger.database.backup(backup)).rejects.toMatchObject({ code: "E_DISK" });
      rmSync(backup, { force: true });
      const log = new GateLog(join(disk.path, "gate.log"), "gate");
      log.write(Buffer.alloc(20_000, "g"));
      log.close("end");
      expect(log.failure).toBeDefined();

      disk.clear();
      appendEvents(events, [event("last", "")]);
      const lines = readFileSync(events, "utf8").split("\n");
      expect(lines.flatMap((line) => parseEvent(line)?.type ?? []).at(-1)).toBe("last");
      expect((await exportScope(ledger, { scope: "web", path: file, now: 3 })).exported).toBe(2);
    } finally {
      await ledger.close();
    }
  });

  test("every command that writes says E_DISK and leaves all as it was; with room again it does its work", async () => {
    const held = await bead("Held", "sleep 1000");
    const next = await bead("Next", "sleep 1000");
    await ok(gt(["sling", held, "web"]));
    const worktree = join(root, "web/polecats/furiosa/web");
    writeFileSync(join(worktree, "work.txt"), "done\n");
    git(worktree, "add", "work.txt");
    git(worktree, "commit", "--quiet", "-m", "Work");
    writeFileSync(join(worktree, "draft.txt"), "not yet\n");
    await ok(bd(["export", "-o", join(root, "web/.beads/issues.jsonl")]));
    const before = { ledger: look(), settings: settings(), head: git(worktree, "rev-parse", "HEAD") };

    disk.leave(0);
    const asPolecat = { GT_ROLE: polecat };
    const attempts = {
      "bd create": bd(["create", "Three", "--rig", "web"]),
      "bd update": bd(["update", next, "--priority", "1"]),
      "gt mail send": gt(["mail", "send", "mayor/", "-s", "hello", "-m", "there"]),
      "gt config set": gt(["config", "set", "default_agent", "codex"]),
      "gt rig settings set": gt(["rig", "settings", "set", "web", "merge_queue.test_command", "true"]),
      "gt rig add": gt(["rig", "add", "api", join(outside, "web"), "--prefix", "api"]),
      "gt hook snapshot": gt(["hook", "snapshot", polecat]),
      "gt sling": gt(["sling", next, "web"]),
      "gt crew add": gt(["crew", "add", "joe", "--rig", "web"]),
    };
    for (const [name, running] of Object.entries({ ...attempts, "gt done": gt(["done"], asPolecat) })) {
      const { code, stderr, stdout } = await running;
      expect(code, `${name}: ${stdout}${stderr}`).toBe(1);
      const lines = stderr.trimEnd().split("\n");
      expect(
        lines.filter((line) => /^error: /i.test(line)),
        `${name}: ${stderr}`,
      ).toHaveLength(1);
      expect(stderr, name).toMatch(/^error: (the disk is full: |only \d+ MB are free)/im);
      expect(stderr, name).toMatch(/^hint: (df -h|gt polecat list)/m);
    }
    expect((await gt(["mail", "send", "mayor/", "-s", "x", "-m", "y", "--json"])).json()).toMatchObject({
      ok: false,
      code: "E_DISK",
    });
    expect({ ledger: look(), settings: settings(), head: git(worktree, "rev-parse", "HEAD") }).toEqual(
      before,
    );
    expect(before.ledger.integrity).toBe("ok");
    expect(litter()).toEqual([]);
    expect(existsSync(join(root, "api"))).toBe(false);
    expect(readdirSync(join(root, "web/crew"))).not.toContain("joe");
    expect(readdirSync(join(root, "web/polecats"))).toEqual(["furiosa"]);

    disk.clear();
    await ok(gt(["hook", "snapshot", polecat]));
    await ok(gt(["done"], asPolecat));
    expect((await ok(bd(["show", held, "--json"]))).stdout).toContain('"awaiting_merge"');
    expect(git(join(outside, "web"), "branch", "--list", `polecat/furiosa/${held}*`)).not.toBe("");
    await ok(gt(["sling", next, "web"]));
  }, 120_000);

  test("what was acknowledged is there, what was not is not, and no file is torn, wherever the room ends", async () => {
    // The check before a sling and the floor of whole files would be met long before the disk is full.
    await ok(gt(["config", "set", "operational.disk.block_mb", "0"]));
    const file = join(root, "web/.beads/issues.jsonl");
    const acknowledged: string[] = [];
    for (const room of [48, 160, 420].map((kilobytes) => kilobytes * 1024)) {
      disk.clear();
      const waiting = await bead(`Waiting ${room}`, "exit 0");
      await ok(bd(["sync"]));
      const before = readFileSync(file, "utf8");
      disk.leave(room);
      let slung: CliResult | undefined;
      for (let n = 0; ; n++) {
        const title = `Bead ${room} ${n} ${"x".repeat(200)}`;
        const made = await bd(["create", title, "--rig", "web", "-d", "y".repeat(30_000)]);
        if (n === 0) slung = await gt(["sling", waiting, "web"]);
        if (made.code === 0) acknowledged.push(title);
        else {
          expect(made.stderr).toContain("the disk is full");
          break;
        }
      }
      const exported = await bd(["sync"]);
      const after = readFileSync(file, "utf8");
      expect(after === before || exported.code === 0, exported.stderr).toBe(true);
      for (const line of after.trimEnd().split("\n")) expect(() => JSON.parse(line)).not.toThrow();
      if (slung?.code !== 0) expect(slung?.stderr).toMatch(/^error: the disk is full/m);
      expect(look().integrity).toBe("ok");

      disk.clear();
      // Whatever became of it, trying again ends with one polecat that has the work, or has done it.
      await gt(["sling", waiting, "web"]);
      const [shown] = (await ok(bd(["show", waiting, "--json"]))).json<
        { assignee?: string; status: string }[]
      >();
      expect(shown?.status).not.toBe("open");
      expect(look().beads.filter((title) => title.startsWith("Bead "))).toEqual([...acknowledged].sort());
    }
    expect(litter()).toEqual([]);
  }, 120_000);

  test("the town stops by itself, its daemon and host live on, and with room again it goes on by itself", async () => {
    await ok(gt(["up"], watched));
    const other = await bead("Other", "exit 0");
    const waiting = await bead(
      "Waits",
      "until [ -f go ]; do sleep 0.05; done; rm go; echo done > result.txt",
    );
    await ok(gt(["sling", waiting, "web"], watched));
    const pids = (): string => `${readFileSync(join(root, "daemon/daemon.pid"), "utf8")}${hostPid()}`;
    const hostPid = (): unknown => JSON.parse(readFileSync(join(root, ".runtime/host.json"), "utf8")).pid;
    const lookNow = (): boolean =>
      process.kill(JSON.parse(readFileSync(join(root, "daemon/daemon.pid"), "utf8")).pid, "SIGHUP");
    const stop = () => readStop(town)?.kind;
    await waitFor(() => existsSync(join(root, "daemon/estop.reserve")), {
      what: "the first look at the disk",
    });
    const before = pids();

    disk.leave(0);
    lookNow();
    await waitFor(() => stop() === "auto", { what: "the stop" });
    expect((await gt(["sling", other, "web"])).stderr).toContain("emergency stop");
    const status = await gt(["status", "--json"]);
    expect(status.code, status.stderr).toBe(0);
    // A person's own stop needs no room either, and is never lifted by itself.
    await ok(gt(["thaw"], watched));
    await ok(gt(["estop", "-r", "mine"], watched));
    expect(stop()).toBe("manual");
    await ok(gt(["thaw"], watched));
    lookNow();

    disk.clear();
    await waitFor(() => lookNow() && stop() === undefined && existsSync(join(root, "daemon/estop.reserve")), {
      what: "the end of the stop",
    });
    expect(pids(), "nobody died").toBe(before);
    const holder =
      (await ok(bd(["show", waiting, "--json"]))).json<{ assignee: string }[]>()[0]?.assignee ?? "";
    writeFileSync(join(root, "web/polecats", holder.split("/")[2] ?? "", "web/go"), "");
    await waitFor(
      async () => /awaiting_merge|"closed"/.test((await bd(["show", waiting, "--json"])).stdout),
      {
        what: "the work to be handed in",
        timeoutMs: 60_000,
      },
    );
    expect(look().integrity).toBe("ok");
    disk.leave(0);
    const down = await gt(["down", "--all"]);
    expect(down.stdout, down.stderr).toContain("nothing of it is left running");
  }, 120_000);
});
