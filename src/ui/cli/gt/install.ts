import { presets } from "../../../agents/runtimes/presets.ts";
import { findCommand } from "../../../agents/runtimes/resolve-runtime.ts";
import { resolve } from "node:path";
import { expandHome, shortenHome } from "../../../core/town/find-town.ts";
import { installTown } from "../../../core/town/install-town.ts";
import type { CommandContext } from "../command.ts";

/** `gt install [path]` (spec/07 §5.1). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags, env, cwd } = context;
  const root = resolve(cwd, expandHome(context.args[0] ?? ".", env));
  const name = flags.string("name");
  const owner = flags.string("owner");
  const publicName = flags.string("public-name");
  const report = await installTown({
    root,
    env,
    git: flags.boolean("git"),
    force: flags.boolean("force"),
    ...(name === undefined ? {} : { name }),
    ...(owner === undefined ? {} : { owner }),
    ...(publicName === undefined ? {} : { publicName }),
    confirm: (text) => context.confirm({ text, flag: "--force" }),
  });
  for (const warning of report.warnings) out.warn(warning);
  const { town, isNew, made, git } = report;
  const isComplete = made.length === 0 && git.commit === undefined && !git.initialized;
  const next = [`cd ${shortenHome(root, env)}`, "gt rig add <name> <git-url or path>", "gt"];
  out.document({
    ok: true,
    town: root,
    name: town.name,
    created: isNew ? made : [],
    repaired: isNew ? [] : made,
    git: { initialized: git.initialized, ...(git.commit === undefined ? {} : { commit: git.commit }) },
    warnings: report.warnings,
    next,
  });
  if (isNew) {
    const overseer = town.overseer();
    out.done(`town "${town.name}" at ${shortenHome(root, env)}`);
    out.done(`overseer ${overseer.name} <${overseer.email}>`);
    out.done("ledger, settings and the identities of mayor, deacon and boot");
  } else if (isComplete) {
    out.done(`town "${town.name}" is already set up; nothing to do`);
  } else {
    for (const path of made) out.done(`repaired ${path}`);
  }
  if (git.commit !== undefined)
    out.done(`git ${git.initialized ? "repository with its first" : ""} commit ${git.commit.slice(0, 10)}`);
  if (!isNew || context.quiet) return;
  tellMissing(context);
  for (const step of next) out.next(step);
}

/** What is not needed to make a town, but to get work done in it (spec/07 §9.1). */
function tellMissing({ out, env }: CommandContext): void {
  // The `shell` runtime needs nothing that is not there.
  const agents = [...presets.values()].flatMap(({ provider, command }) =>
    provider === "shell" ? [] : [command],
  );
  if (!agents.some((command) => findCommand(command, env))) {
    out.warn(`no agent runtime found on PATH (looked for ${agents.join(", ")})`);
    out.note("hint: install one, or run beads as scripts: gt config default-agent shell");
  }
  if (!findCommand("gh", env)) out.note("optional, not found: gh (GitHub features)");
}
