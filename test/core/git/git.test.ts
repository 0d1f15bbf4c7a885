import { afterEach, expect, test } from "vitest";
import { runGit } from "../../../src/core/git/git.ts";
import { scratchRepository } from "../../support/scratch-repository.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

/** As agent CLIs configure the git of the shells that they open. */
const inherited = { "credential.helper": "", "core.fsmonitor": "false", "core.pager": "cat" };

afterEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith("GIT_CONFIG_")) delete process.env[name];
  process.env["GIT_CONFIG_NOSYSTEM"] = "1";
});

test("git works inside an agent's shell that configures git through variables", async () => {
  const repository = temporaryDirectory();
  scratchRepository(repository);
  process.env["GIT_CONFIG_COUNT"] = String(Object.keys(inherited).length);
  for (const [index, [key, value]] of Object.entries(inherited).entries()) {
    process.env[`GIT_CONFIG_KEY_${index}`] = key;
    process.env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  expect(await runGit(repository, ["config", "core.fsmonitor"])).toBe("false");
});
