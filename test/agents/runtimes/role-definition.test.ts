import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { prime } from "../../../src/agents/prime/prime.ts";
import { fillIn, parseRole, roleDefinition } from "../../../src/agents/runtimes/role-definition.ts";
import { startAgentSession } from "../../../src/agents/sessions/start-session.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { runGt } from "../../support/run-cli.ts";
import { waitFor } from "../../support/wait-for.ts";

let town: PlainTown;
beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => town.dispose());

const definition = (rig = "greenplace") => roleDefinition(town.town, "polecat", rig);

test("the rig's file wins over the town's, key by key, and both over what is built in", async () => {
  expect(await definition()).toMatchObject({ scope: "rig", nudge: "", needsPreSync: false, sources: [] });
  town.write("roles/polecat.toml", 'nudge = "Go, {name}."\n[env]\nA = "1"\nB = "{rig}"\n');
  town.write(
    "greenplace/roles/polecat.toml",
    'role = "polecat"\nprompt_template = "brief.md"\n[session]\nneeds_pre_sync = true\n[env]\nA = "2"\n',
  );
  expect(await definition()).toMatchObject({
    nudge: "Go, {name}.",
    ...{ needsPreSync: true, env: { A: "2", B: "{rig}" } },
    promptTemplate: join(town.root, "greenplace/roles/brief.md"),
  });
  expect((await definition("")).env).toEqual({ A: "1", B: "{rig}" });
  const address = { role: "polecat", rig: "greenplace", name: "toast" } as const;
  expect(fillIn("{role} {name} of {rig} ({prefix}) in {town}, {other}", town.town, address)).toBe(
    "polecat toast of greenplace (gp) in test, {other}",
  );
});

test("a file that cannot be used is named with its key, and nothing is started with it", async () => {
  await town.polecat("toast");
  const access = await town.access();
  const start = () => startAgentSession(access, { address: "greenplace/polecats/toast", topic: "start" });
  const file = join(town.root, "roles/polecat.toml");
  town.write("roles/polecat.toml", "nudge = ");
  await expect(definition()).rejects.toThrow(file);
  town.write("roles/polecat.toml", "[session]\nneeds_pre_sync = 1\n");
  await expect(definition()).rejects.toThrow(`${file}: session.needs_pre_sync`);
  town.write("roles/polecat.toml", '[health]\nping_timeout = "30s"\n');
  await expect(start()).rejects.toMatchObject({ code: "E_CONFIG" });
  expect(() => parseRole("pole")).toThrow('unknown role "pole" - valid roles: mayor, deacon, boot');
});

test("a session gets the role's command, variables and first words; prime the role's brief", async () => {
  const address = await town.polecat("toast");
  const access = await town.access();
  town.write("settings/config.json", {
    default_agent: "fake",
    agents: { fake: { provider: "generic", command: "sh", args: ["-c", "exit 3"], ready_prompt: "❯" } },
  });
  town.write(
    "roles/polecat.toml",
    `nudge = "Go, {name}."
prompt_template = "brief.md"
[session]
start_command = "sh -c 'printenv COLOUR > $GT_TOWN_ROOT/said; printf \\"❯ \\"; cat'"
[env]
COLOUR = "{rig} red"
`,
  );
  town.write("roles/brief.md", "You are {name}. Be kind.\n");
  const record = await startAgentSession(access, { address, topic: "assigned:gp-1", bead: "gp-1" });
  expect(record.instruction).toBe("Go, toast.");
  const said = await waitFor(
    () => {
      const text = readFileSync(join(town.root, "said"), "utf8");
      return text === "" ? undefined : text;
    },
    { timeoutMs: 30_000, what: "the variable" },
  );
  expect(said).toBe("greenplace red\n");
  const request = { variant: "full", sessionId: "s", pid: 1, run: "" } as const;
  const { sections } = await prime({ ...access, actor: address }, request);
  expect(sections.find(({ name }) => name === "role")?.text).toBe("You are toast. Be kind.\n");
  const shown = await runGt(["role", "def", "polecat"], { cwd: town.root });
  expect(shown.stdout).toContain('nudge = "Go, {name}."');
  expect(shown.stdout).toContain('COLOUR = "***"');
});
