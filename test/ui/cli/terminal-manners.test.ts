import { execFileSync, spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { reportDefect } from "../../../src/ui/cli/crash-report.ts";
import { asGtError } from "../../../src/ui/cli/print-error.ts";
import { bdRepository } from "../../support/bd-repository.ts";
import { cliEnv, runBd, runGt } from "../../support/run-cli.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { waitFor } from "../../support/wait-for.ts";

const bin = join(import.meta.dirname, "../../../bin");

it("colours only when it was asked to, and never with --plain or --json", async () => {
  const repository = await bdRepository();
  await repository.create("one", "-p", "0");
  const colour = "\u001b[";
  expect((await repository.bd(["list"])).stdout).not.toContain(colour);
  expect((await repository.bd(["list", "--color", "always"])).stdout).toContain(colour);
  expect((await repository.bd(["list"], { env: { CLICOLOR_FORCE: "1" } })).stdout).toContain(colour);
  expect((await repository.bd(["list", "--plain"], { env: { CLICOLOR_FORCE: "1" } })).stdout).not.toContain(
    escape,
  );
  expect((await repository.bd(["list", "--json", "--color", "always"])).stdout).not.toContain(colour);
  expect(
    (await repository.bd(["list"], { env: { CLICOLOR_FORCE: "1", NO_COLOR: "1" } })).stdout,
  ).not.toContain(colour);
});

it("draws with ASCII where the locale knows nothing else", async () => {
  const repository = await bdRepository();
  await repository.create("one");
  for (const env of [{ GT_ASCII: "1" }, { LC_ALL: "C" }]) {
    const { stdout } = await repository.bd(["list"], { env });
    expect(stdout).toMatch(/^[\n\u0020-\u007e]*$/);
    expect(stdout).toMatch(/^o demo-\w{5} # P2 one\n/);
  }
});

it("follows a feed until it is interrupted, and then ends well", async () => {
  const repository = await bdRepository();
  const child = spawn(process.execPath, [join(bin, "bd"), "activity", "--follow", "--json"], {
    cwd: repository.path,
    env: cliEnv({ BD_ACTOR: "sam" }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  child.stdout.on("data", (part: Buffer) => (stdout += part.toString()));
  const ended = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)));
  const first = await repository.create("seen by the follower");
  await waitFor(() => stdout.includes(first), { what: "the first event" });
  const second = await repository.create("another one");
  await waitFor(() => stdout.includes(second), { what: "the second event" });
  child.kill("SIGINT");
  expect(await ended).toBe(0);
  for (const line of stdout.trim().split("\n"))
    expect(JSON.parse(line)).toMatchObject({ event_type: "created" });
});

it("ends a command that waits with 130 or 143", async () => {
  const repository = await bdRepository();
  const gate = await repository.json("gate", "create", "--blocks", await repository.create("work"));
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const child = spawn(process.execPath, [join(bin, "bd"), "gate", "wait", gate.id], {
      cwd: repository.path,
      env: cliEnv(),
      stdio: "ignore",
    });
    const ended = new Promise<number | null>((resolve) => child.on("close", (result) => resolve(result)));
    await waitFor(() => watchesFiles(child.pid), { what: "the command to wait" });
    child.kill(signal);
    expect(await ended).toBe(code);
  }
});

function watchesFiles(pid: number | undefined): boolean {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory).some((name) => {
    try {
      return readlinkSync(join(directory, name)).includes("inotify");
    } catch {
      // Closed meanwhile.
      return false;
    }
  });
}

it("writes a report about a defect and names it, without secrets", () => {
  const state = temporaryDirectory();
  const error = new TypeError("cannot read secret-token-value of undefined");
  const env = { XDG_STATE_HOME: state, GH_TOKEN: "secret-token-value" };
  const shown = reportDefect(error, asGtError(error), { program: "bd", words: ["list"], env });
  expect(shown).toMatchObject({ code: "E_INTERNAL", exitCode: 1 });
  const named = /^a report is in (\S+)$/.exec(shown.why[0] ?? "")?.[1] ?? "";
  const report = readFileSync(named, "utf8");
  expect(report).toMatch(/^gastown \d/);
  expect(report).toContain("command bd list\n");
  expect(report).toContain("terminal-manners.test.ts");
  expect(report).not.toContain("secret-token-value");
});

it("answers --help everywhere without a town, and --version with the name of the program", async () => {
  for (const [run, name] of [
    [runGt, "gt"],
    [runBd, "bd"],
  ] as const) {
    const [help, version, all] = await Promise.all([run(["--help"]), run(["-V"]), run(["help", "--all"])]);
    expect([help.code, version.code, all.code]).toEqual([0, 0, 0]);
    expect(help.stdout).toContain("Usage:\n");
    expect(help.stdout.split("\n").every((line) => line.length <= 100)).toBe(true);
    expect(help.stdout).not.toContain("__complete");
    expect(all.stdout).toContain("__complete");
    expect(version.stdout).toMatch(new RegExp(`^${name} version \\d`));
  }
});

it("completion scripts are valid and complete words", async () => {
  const bash = (await runGt(["completion", "bash"])).stdout;
  const script = `${bash}\nPATH="${bin}:$PATH"\nCOMP_WORDS=(gt convo); COMP_CWORD=1; _gt_complete; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const completed = execFileSync("bash", ["-c", script], {
    env: cliEnv({ PATH: `${join(process.execPath, "..")}:${process.env["PATH"]}` }),
    encoding: "utf8",
  });
  expect(completed).toBe("convoy\n");
  expect((await runGt(["completion", "fish"])).stdout).toContain("complete -c gt");
  const unknown = await runGt(["completion", "tcsh"]);
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("shells: bash, zsh, fish")]);
});
