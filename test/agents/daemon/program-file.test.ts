import { cpSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { daemonStatus } from "../../../src/agents/daemon/daemon-control.ts";
import { readIdentity } from "../../../src/agents/daemon/daemon-state.ts";
import { programFile } from "../../../src/agents/daemon/program-file.ts";
import { packageRoot } from "../../../src/core/package-root.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { cliEnv } from "../../support/run-cli.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { waitFor } from "../../support/wait-for.ts";

test("a program is replaced when its file holds another one, not while it is away or installed again as it was", () => {
  const file = join(temporaryDirectory(), "daemon-main.js");
  let writtenAt = 1000;
  const write = (text: string): void => {
    writeFileSync(file, text);
    utimesSync(file, writtenAt, writtenAt++);
  };
  write("one");
  const program = programFile(file);
  expect(program.isReplaced()).toBe(false);
  rmSync(file);
  expect(program.isReplaced()).toBe(false);
  write("one");
  expect(program.isReplaced()).toBe(false);
  write("two");
  expect([program.isReplaced(), program.isReplaced()]).toEqual([true, true]);
  write("one");
  expect(program.isReplaced()).toBe(false);
});

test("a daemon whose program was replaced gives way: it ends, leaves its name to whoever starts the new one, and no last words", async () => {
  const town = new PlainTown();
  onTestFinished(() => town.dispose());
  town.write("settings/config.json", {
    operational: { daemon: { heartbeat: "1s" } },
    sessions: { backend: "none" },
  });
  const program = temporaryDirectory();
  for (const part of ["bin", "dist", "package.json"])
    cpSync(join(packageRoot(), part), join(program, part), { recursive: true });
  symlinkSync(join(packageRoot(), "node_modules"), join(program, "node_modules"));
  const daemon = spawn(process.execPath, [join(program, "dist/daemon.js"), town.root], {
    env: cliEnv(),
    stdio: "ignore",
  });
  onTestFinished(() => void daemon.kill("SIGKILL"));
  await waitFor(() => readIdentity(town.town)?.pid === daemon.pid, { what: "the daemon" });
  const ended = once(daemon, "exit");
  const main = join(program, "dist/daemon-main.js");
  writeFileSync(main, `${readFileSync(main, "utf8")}// another one\n`);
  expect(await ended).toEqual([1, null]);
  expect(daemonStatus(town.town).isRunning).toBe(false);
  expect(readIdentity(town.town)?.pid).toBe(daemon.pid);
  expect(readFileSync(join(town.root, "logs/daemon.log"), "utf8")).toContain("giving way");
});
