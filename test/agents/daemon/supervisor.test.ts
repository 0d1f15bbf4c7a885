import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { writeDesired } from "../../../src/agents/daemon/desired-state.ts";
import {
  disableSupervisor,
  enableSupervisor,
  startSupervised,
} from "../../../src/agents/daemon/supervisor.ts";
import { supervisorUnit, type UnitFacts } from "../../../src/agents/daemon/supervisor-unit.ts";
import { ownProgram } from "../../../src/agents/sessions/own-program.ts";
import { PlainTown } from "../../support/plain-town.ts";

let town: PlainTown;
beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => {
  vi.unstubAllEnvs();
  return town.dispose();
});

const facts = (platform: NodeJS.Platform): UnitFacts => ({
  platform,
  root: '/home/ada/my "100%" $town',
  argv: ["/usr/bin/node", "/opt/gt/daemon.js", '/home/ada/my "100%" $town', "--supervised"],
  env: { HOME: "/home/ada", PATH: "/usr/bin:/opt/50%/bin", ANTHROPIC_API_KEY: "secret" },
  uid: 501,
});

test("a unit restarts what died, leaves agents alone, quotes whatever a path holds and keeps no secret", () => {
  const linux = supervisorUnit(facts("linux"));
  expect(linux?.file).toMatch(/^\/home\/ada\/\.config\/systemd\/user\/gastown-[0-9a-f]{12}\.service$/);
  expect(linux?.text).toContain(
    'ExecStart="/usr/bin/node" "/opt/gt/daemon.js" "/home/ada/my \\"100%%\\" $$town" "--supervised"\n',
  );
  expect(linux?.text).toContain('Environment="PATH=/usr/bin:/opt/50%%/bin"\n');
  expect(linux?.text).toContain("Restart=on-failure\nRestartSec=5\nKillMode=process\n");
  const mac = supervisorUnit(facts("darwin"));
  expect(mac?.file).toMatch(/^\/home\/ada\/Library\/LaunchAgents\/town\.gastown-[0-9a-f]{12}\.plist$/);
  expect(mac?.text).toContain('<string>/home/ada/my "100%" $town</string><string>--supervised</string>');
  expect(mac?.text).toContain("<key>SuccessfulExit</key><false/>");
  expect(mac?.start.at(-1)).toMatch(/^gui\/501\/town\.gastown-/);
  for (const unit of [linux, mac]) expect(unit?.text).not.toContain("secret");
  expect(supervisorUnit(facts("freebsd"))).toBeUndefined();
});

test("systemd itself finds nothing wrong with a unit", ({ skip }) => {
  const isThere = spawnSync("systemd-analyze", ["--version"]).status === 0;
  skip(!isThere, "systemd-analyze is not on this machine");
  for (const root of [facts("linux").root, '/srv/two\nlines; and a \\ back "slash"']) {
    const unit = supervisorUnit({ ...facts("linux"), root, argv: [process.execPath, root, "--supervised"] });
    const file = join(town.root, basename(unit?.file ?? ""));
    writeFileSync(file, unit?.text ?? "");
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--user", file], {
      env: { ...process.env, XDG_RUNTIME_DIR: town.root },
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  }
});

test("it is enabled, started through and disabled again; one that the system refuses leaves nothing behind", async () => {
  const bin = join(town.root, "bin");
  const log = join(town.root, "asked");
  const env = { ...process.env, HOME: join(town.root, "home"), XDG_CONFIG_HOME: "" };
  mkdirSync(bin);
  const answer = (code: number): void => {
    for (const name of ["systemctl", "launchctl"]) {
      writeFileSync(join(bin, name), `#!/bin/sh\necho "$@" >> "${log}"\necho no bus >&2\nexit ${code}\n`);
      chmodSync(join(bin, name), 0o755);
    }
  };
  vi.stubEnv("PATH", `${bin}:${process.env["PATH"]}`);
  answer(0);
  expect(await startSupervised(town.town, env)).toBe(false);
  const unit = await enableSupervisor(town.town, env);
  expect(readFileSync(unit.file, "utf8")).toBe(unit.text);
  expect(await startSupervised(town.town, env)).toBe(true);
  answer(1);
  expect(await startSupervised(town.town, env), "then it is started without").toBe(false);
  answer(0);
  expect(await disableSupervisor(town.town, env)).toBe(true);
  expect(await disableSupervisor(town.town, env)).toBe(false);
  const asked = readFileSync(log, "utf8").trim().split("\n");
  const start = unit.start.slice(1).join(" ");
  expect(asked).toEqual([
    ...unit.enable.map((command) => command.slice(1).join(" ")),
    ...[start, start],
    ...[...unit.disable, ...unit.forget].map((command) => command.slice(1).join(" ")),
  ]);
  answer(1);
  await expect(enableSupervisor(town.town, env)).rejects.toMatchObject({
    code: "E_SUPERVISOR",
    why: ["no bus"],
  });
  expect(existsSync(unit.file)).toBe(false);
});

test("a supervised daemon ends well at once in a town that is down", async () => {
  await writeDesired(town.town, "down", "overseer");
  execFileSync(process.execPath, [ownProgram("daemon"), town.root, "--supervised"], { timeout: 20_000 });
});
