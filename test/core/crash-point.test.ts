import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

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
