import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { Problem } from "../../../../src/core/formulas/problem.ts";
import type { Proto } from "../../../../src/core/formulas/proto.ts";
import { PlainTown } from "../../../support/plain-town.ts";
import { type CliResult, runBd, runGt } from "../../../support/run-cli.ts";

const plain = new PlainTown();
afterAll(() => plain.dispose());
const { root } = plain.town;
const project = join(root, "greenplace", "crew", "sam");
mkdirSync(join(project, ".git"), { recursive: true });
mkdirSync(join(project, ".beads", "formulas"), { recursive: true });

// Who watches what is started is not what these are about.
const env = { GT_NO_DAEMON: "1" };
const gt = (...args: readonly string[]): Promise<CliResult> => runGt(args, { cwd: project, env });
const bd = (...args: readonly string[]): Promise<CliResult> => runBd(args, { cwd: project });
const write = (directory: string, name: string, text: string) => {
  mkdirSync(join(directory, ".beads", "formulas"), { recursive: true });
  writeFileSync(join(directory, ".beads", "formulas", `${name}.formula.toml`), text);
};

it("formula check tells all problems of a file at once, each with place, reason and fix", async () => {
  write(
    project,
    "deploy",
    `formula = "deploy"
[[steps]]
id = "build"
title = "Build"
[[steps]]
id = "build"
title = "Again"
prioritty = 1
[[steps]]
id = "ship"
title = "Ship"
needs = ["biuld"]
[steps.gate]
type = "conditional"
`,
  );
  const text = await gt("formula", "check", "deploy");
  expect(text.code).toBe(1);
  expect(text.stderr).toContain(
    `error F018: .beads/formulas/deploy.formula.toml:9: steps[2].needs[0]: step "ship" needs unknown step "biuld"
  why: every entry of needs must name a step of this formula or of a parent
  fix: did you mean "build"? known steps: build`,
  );
  const json = await gt("formula", "check", "deploy", "--json");
  const { ok, problems } = json.json<{ ok: boolean; problems: readonly Problem[] }>();
  expect(ok).toBe(false);
  expect(problems.map(({ code, severity }) => `${code} ${severity}`).sort()).toEqual([
    "F006 warning",
    "F016 error",
    "F018 error",
    "F026 error",
  ]);
});

it("bd cook names the line of a syntax error", async () => {
  write(project, "broken", 'formula = "broken"\n\n\n\n\n\ndescription = "never\n[[steps]]\n');
  const result = await bd("cook", "broken");
  expect(result.code).toBe(1);
  expect(result.stderr).toContain("error F003: .beads/formulas/broken.formula.toml:7:");
  expect(result.stderr).toContain('7> description = "never');
});

it("bd cook prints the proto, twice the same, with values and without", async () => {
  const args = ["cook", "shiny-enterprise", "--var", "feature=Dark mode"];
  const [one, two] = await Promise.all([bd(...args), bd(...args)]);
  expect(one.code).toBe(0);
  expect(two.stdout).toBe(one.stdout);
  const proto = one.json<Proto>();
  expect(proto).toMatchObject({
    proto: "shiny-enterprise",
    schema: 1,
    mode: "runtime",
    source: { tier: "embedded" },
  });
  expect(proto.steps[0]?.title).toBe("Design Dark mode");
  const written = await bd("cook", "shiny", "--output", "shiny.proto.json");
  expect(written.code).toBe(0);
  const compiled = (await bd("cook", "shiny.proto.json")).json<Proto>();
  expect(compiled.mode).toBe("compile");
  const filled = (await bd("cook", "shiny.proto.json", "--var", "feature=Dark mode")).json<Proto>();
  expect(filled.steps[0]?.title).toBe("Design Dark mode");
  expect(compiled.steps[0]?.title).toBe("Design {{feature}}");
});

it("values that are missing, wrong or unknown are told with what to type", async () => {
  const missing = await bd("cook", "release", "--mode", "runtime");
  expect(missing.stderr).toMatch(/F056.*version.*\n.*--var version=<value>/);
  expect((await bd("cook", "release", "--var", "version=abc")).stderr).toMatch(/F057.*\^/);
  expect((await bd("cook", "release", "--var", "vers=1.2.3")).stderr).toMatch(
    /F058.*\n.*did you mean "version"/s,
  );
});

it("a formula is taken from the first tier that has it, and a broken one is not passed over", async () => {
  const own = 'formula = "same"\nsteps = [{ id = "a", title = "of the project" }]\n';
  write(project, "same", own);
  write(root, "same", 'formula = "same"\nsteps = [{ id = "a", title = "of the town" }]\n');
  const shown = await gt("formula", "show", "same", "--resolve", "--json");
  const { resolution, tier } = shown.json<{
    tier: string;
    resolution: readonly { tier: string; chosen: boolean }[];
  }>();
  expect(tier).toBe("project");
  expect(resolution.map((place) => place.tier)).toEqual(["project", "rig", "town", "user", "embedded"]);
  expect(resolution.filter(({ chosen }) => chosen)).toEqual([expect.objectContaining({ tier: "project" })]);
  expect((await bd("cook", "same", "--tier", "town")).stdout).toContain("of the town");
  const listed = (await gt("formula", "list", "--all", "--json")).json<
    readonly { name: string; shadowed_by: string | null; valid: boolean }[]
  >();
  expect(listed.filter(({ name }) => name === "same").map(({ shadowed_by }) => shadowed_by)).toEqual([
    null,
    ".beads/formulas/same.formula.toml",
  ]);
  expect(listed.find(({ name }) => name === "broken")?.valid).toBe(false);
  write(project, "same", "formula = ");
  expect((await bd("cook", "same")).stderr).toContain("F003: .beads/formulas/same.formula.toml");
  expect((await bd("cook", "nowhere-to-be-found")).stderr).toMatch(/F061.*\n.*embedded/);
});

it("a starter is written into the checkout, passes the check, and is not overwritten", async () => {
  const created = await gt("formula", "create", "my-work", "--type", "workflow", "--json");
  expect(created.json<{ path: string }>().path).toBe(
    join(project, ".beads", "formulas", "my-work.formula.toml"),
  );
  expect((await gt("formula", "check", "my-work", "--strict")).stdout).toBe("ok: my-work (2 steps)\n");
  expect((await gt("formula", "create", "my-work")).code).toBe(1);
});

it("eject copies a shipped formula into the town and remembers what was shipped", async () => {
  const result = await gt("formula", "eject", "shiny", "--json");
  const { path, sha256 } = result.json<{ path: string; sha256: string }>();
  expect(path).toBe(join(root, ".beads", "formulas", "shiny.formula.toml"));
  const record = JSON.parse(readFileSync(join(root, ".beads", "formulas", ".installed.json"), "utf8"));
  expect(record).toEqual({ formulas: { "shiny.formula.toml": sha256 } });
  expect((await bd("formula", "show", "shiny", "--json")).json<{ tier: string }>().tier).toBe("town");
  expect((await gt("formula", "eject", "shiny")).code).toBe(1);
});

it("an overlay is written with an explanation, checked, shown and listed; a rig's stands for the town's", async () => {
  const edited = await runGt(["formula", "overlay", "edit", "mol-polecat-work"], {
    cwd: project,
    env: { EDITOR: "true" },
  });
  expect(edited.code).toBe(0);
  const townFile = join(root, "formula-overlays", "mol-polecat-work.toml");
  expect(readFileSync(townFile, "utf8")).toContain("# step_id");
  plain.write(
    "greenplace/formula-overlays/mol-polecat-work.toml",
    '[[step-overrides]]\nstep_id = "submit-and-exit"\nmode = "append"\ndescription = "Say so."\n',
  );
  const shown = (await gt("formula", "overlay", "show", "mol-polecat-work", "--json")).json();
  expect(shown).toMatchObject({ scope: "rig", count: 1 });
  const listed = (await gt("formula", "overlay", "list", "--json")).json<readonly { scope: string }[]>();
  expect(listed.map(({ scope }) => scope)).toEqual(["town", "rig"]);
  plain.write("greenplace/formula-overlays/shiny.toml", '[[step-overrides]]\nstep_id = "a"\nmode = "sing"\n');
  const malformed = await gt("formula", "overlay", "show", "shiny");
  expect(malformed.code).toBe(1);
  expect(malformed.stderr).toContain("F062");
  expect(existsSync(townFile)).toBe(true);
});

it("a convoy formula's run is planned without making anything, and refused with what is missing", async () => {
  const planned = await gt(
    "formula",
    "run",
    "code-review",
    "--pr",
    "12",
    "--preset",
    "gate",
    "--dry-run",
    "--json",
  );
  expect(planned.code).toBe(0);
  const { legs, synthesis, output_dir } = planned.json<{
    output_dir: string;
    legs: readonly { id: string; output_path: string }[];
    synthesis: { needs: readonly string[] };
  }>();
  expect(legs.map(({ id }) => id)).toEqual(["security", "smells", "wiring", "test-quality"]);
  expect(synthesis.needs).toEqual(legs.map(({ id }) => id));
  expect(legs[0]?.output_path).toBe(join(output_dir, "security-findings.md"));
  expect(output_dir.startsWith(join(root, "greenplace", ".reviews"))).toBe(true);
  expect(existsSync(output_dir)).toBe(false);
  expect((await gt("formula", "run", "code-review")).stderr).toContain("one of pr, files, branch is needed");
  expect((await gt("formula", "run", "code-review", "--branch", "x", "--preset", "nope")).stderr).toMatch(
    /F038.*\n.*known presets: gate, full, security-focused, refactor/,
  );
  expect((await gt("formula", "run", "design", "--problm=x", "--dry-run")).stderr).toMatch(
    /F058.*\n.*did you mean "problem"/,
  );
});

it("a run makes a convoy, its legs and a synthesis that waits for exactly these", async () => {
  const ran = await gt(
    "formula",
    "run",
    "design",
    "--problem",
    "offline mode",
    "--legs",
    "api,data",
    "--no-dispatch",
    "--json",
  );
  expect(ran.code).toBe(0);
  const made = ran.json<{
    convoy_id: string;
    output_dir: string;
    legs: Readonly<Record<string, string>>;
    synthesis_id: string;
  }>();
  expect(existsSync(made.output_dir)).toBe(true);
  const { ledger } = await plain.access();
  const api = await ledger.get(made.legs["api"] ?? "");
  expect(api).toMatchObject({
    title: "design: Interfaces",
    status: "open",
    metadata: { leg: { id: "api", review_only: true, output_path: join(made.output_dir, "api.md") } },
  });
  expect(api?.id).toMatch(/^gp-leg-/);
  expect(api?.description).toContain("offline mode");
  expect(api?.description).not.toContain("## Context");
  const synthesis = await ledger.get(made.synthesis_id);
  expect(synthesis).toMatchObject({ isBlocked: true });
  expect(synthesis?.description).toContain(`- data: ${join(made.output_dir, "data.md")}`);
  const convoy = await ledger.get(made.convoy_id);
  expect(convoy).toMatchObject({
    title: "design: offline mode",
    metadata: { formula: "design", rig: "greenplace" },
  });
});
