import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { CheckContext } from "../../../src/agents/doctor/check.ts";
import { formulaChecks } from "../../../src/agents/doctor/formula-checks.ts";
import { ejectFormula } from "../../../src/core/formulas/ejected.ts";
import { formulaPlaces } from "../../../src/core/formulas/formula-places.ts";
import { openLibrary, textHash } from "../../../src/core/formulas/open-library.ts";
import { writeJsonFile } from "../../../src/core/town/json-file.ts";
import { PlainTown } from "../../support/plain-town.ts";

const plain = new PlainTown();
afterAll(() => plain.dispose());
const context: CheckContext = {
  root: plain.root,
  env: {},
  town: () => plain.town,
  access: () => plain.access(),
  ledger: async () => (await plain.access()).ledger,
};
const check = (id: string) => {
  const found = formulaChecks.find((one) => one.id === id);
  if (found === undefined) throw new Error(id);
  return found;
};

test("formula-health tells invalid and changed formulas, and renews copies that nobody changed", async () => {
  const health = check("formula-health");
  expect(await health.run(context)).toBeUndefined();
  const directory = join(plain.root, ".beads", "formulas");
  const shipped = openLibrary(formulaPlaces({}), "/");
  await ejectFormula(shipped.require("shiny"), directory);
  await ejectFormula(shipped.require("release"), directory);
  expect(await health.run(context)).toBeUndefined();

  plain.write(".beads/formulas/shiny.formula.toml", `${shipped.require("shiny").text}# ours\n`);
  expect(await health.run(context)).toMatchObject({
    severity: "info",
    details: [`modified: ${join(directory, "shiny.formula.toml")}`],
  });

  const old = 'formula = "release"\nsteps = [{ id = "a", title = "Of an older version" }]\n';
  plain.write(".beads/formulas/release.formula.toml", old);
  await writeJsonFile(join(directory, ".installed.json"), {
    formulas: { "release.formula.toml": textHash(old) },
  });
  plain.write("greenplace/.beads/formulas/broken.formula.toml", "formula = ");
  const finding = await health.run(context);
  expect(finding?.details).toEqual([
    expect.stringMatching(/^invalid: greenplace\/.*broken.*F003/),
    `outdated: ${join(directory, "release.formula.toml")}`,
  ]);
  await health.fix?.(context);
  expect(readFileSync(join(directory, "release.formula.toml"), "utf8")).toBe(shipped.require("release").text);
});

test("overlay-health tells entries without a step, removes them, and leaves what is malformed to people", async () => {
  const health = check("overlay-health");
  const entry = (step: string) =>
    `[[step-overrides]]\nstep_id = "${step}"\nmode = "append"\ndescription = "More."\n`;
  plain.write("formula-overlays/mol-polecat-work.toml", `# ours\n${entry("implement")}${entry("gone")}`);
  plain.write("greenplace/formula-overlays/mol-polecat-work.toml", entry("gone"));
  plain.write("greenplace/formula-overlays/design.toml", "[[step-overrides]]\n");
  const finding = await health.run(context);
  expect(finding?.details).toEqual([
    expect.stringContaining("stale: " + join(plain.root, "formula-overlays/mol-polecat-work.toml")),
    expect.stringContaining("malformed"),
    expect.stringContaining("stale"),
  ]);
  await health.fix?.(context);
  expect(readFileSync(join(plain.root, "formula-overlays/mol-polecat-work.toml"), "utf8")).toBe(
    `# ours\n${entry("implement")}`,
  );
  expect(existsSync(join(plain.root, "greenplace/formula-overlays/mol-polecat-work.toml"))).toBe(false);
  expect((await health.run(context))?.details).toEqual([expect.stringContaining("malformed")]);
});
