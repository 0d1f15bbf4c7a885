import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { waitFor } from "../support/wait-for.ts";

const module = join(import.meta.dirname, "../../src/core/crash-point.ts");
const script = `import { crashPoint } from ${JSON.stringify(module)};
process.on("exit", () => console.log("exit handler"));
crashPoint("one.first");
console.log("past first");
crashPoint("one.second");
console.log("past second");`;

function run(crashAt: string | undefined): { signal: string | null; stdout: string } {
  const env = { ...process.env, ...(crashAt === undefined ? {} : { GT_TEST_CRASH: crashAt }) };
  const { signal, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    env,
  });
  return { signal, stdout };
}

test("a process dies at the named point without running any handler", () => {
  expect(run("one.second")).toEqual({ signal: "SIGKILL", stdout: "past first\n" });
});

test("without the variable every point is passed", () => {
  expect(run(undefined)).toEqual({ signal: null, stdout: "past first\npast second\nexit handler\n" });
});

test("a process stands still where a file of the point's name lies, until it is let go", async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "one.second"), "");
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, GT_TEST_PAUSE: directory },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const output = text(child.stdout);
  const mark = join(directory, "one.second.reached");
  await waitFor(() => existsSync(mark), { what: "the second point" });
  expect(readFileSync(join(directory, "passed"), "utf8")).toBe("one.first\none.second\n");
  rmSync(mark);
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(await output).toBe("past first\npast second\nexit handler\n");
});
