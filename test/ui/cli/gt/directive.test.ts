import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PlainTown } from "../../../support/plain-town.ts";
import { runGt } from "../../../support/run-cli.ts";

let town: PlainTown;
beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => town.dispose());

const gt = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runGt(["directive", ...args], { cwd: town.root, env });

test("directives are made by an editor, listed, and shown as an agent reads them", async () => {
  expect((await gt(["list"])).stdout).toContain("no directives");
  const ofTown = join(town.root, "directives/polecat.md");
  const made = await gt(["edit", "polecat"], { EDITOR: "true" });
  expect(made.stdout).toContain("nothing that an agent is told");
  expect(readFileSync(ofTown, "utf8")).toMatch(/^<!-- What every polecat has to keep to/);
  const append = (text: string) => ({ EDITOR: `sh -c 'printf "${text}\\n" >> "$1"' sh` });
  expect((await gt(["edit", "polecat"], append("Use tabs"))).stdout).toContain("told at the next gt prime");
  await gt(["edit", "polecat", "--rig", "greenplace"], append("Use spaces"));

  expect((await gt(["show", "polecat"])).stdout).toBe("## Directives (Town)\nUse tabs\n");
  expect((await gt(["show", "polecat", "--rig", "greenplace", "--json"])).json()).toEqual({
    ...{ role: "polecat", rig: "greenplace" },
    ...{ source: "Town and rig greenplace", text: "Use tabs\nUse spaces" },
  });
  expect((await gt(["list", "--json"])).json()).toEqual([
    { role: "polecat", rig: null, file: ofTown, characters: 8 },
    expect.objectContaining({ rig: "greenplace", characters: 10 }),
  ]);
  const prime = await runGt(["prime", "--explain"], {
    cwd: town.root,
    env: { GT_ROLE: "greenplace/polecats/toast" },
  });
  expect(prime.stdout).toContain("Directives (Town and rig greenplace)");
  expect(prime.stdout).toContain("Use tabs\nUse spaces");
  expect(prime.stdout).not.toContain("<!--");
  expect(prime.stdout).toContain(
    `[EXPLAIN] directives: ${ofTown}, ${join(town.root, "greenplace/directives/polecat.md")}`,
  );

  expect(await gt(["show", "pilot"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('unknown role "pilot" - valid roles: mayor, deacon'),
  });
  expect((await gt(["edit", "crew", "--rig", "nowhere"], { EDITOR: "true" })).code).not.toBe(0);
  expect(existsSync(join(town.root, "nowhere"))).toBe(false);
  writeFileSync(join(town.root, "directives/mayor.md"), "");
  expect((await gt(["show", "mayor"])).stdout).toContain("no directives for mayor");
});
