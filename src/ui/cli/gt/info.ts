import { findTownRoot } from "../../../core/town/find-town.ts";
import { openTown } from "../../../core/town/open-town.ts";
import { version } from "../../../core/version.ts";
import type { CommandContext } from "../command.ts";
import { readBuild } from "../version-line.ts";

/** `gt info` (spec/06 §13.2): facts for a person or a bug report; never fails for a town that is broken. */
export async function run(context: CommandContext): Promise<void> {
  const { out, cwd, env, flags } = context;
  const build = readBuild();
  const root = findTownRoot({ cwd, env, flag: flags.string("town") });
  const rigs = root === undefined ? [] : rigNames(root, env);
  const facts = {
    version,
    build: build.kind,
    ...(build.commit === undefined ? {} : { commit: build.commit }),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    ...(root === undefined ? {} : { town: root }),
    rigs,
  };
  out.document(facts);
  out.line(`gastown ${version} (${build.kind}${build.commit ? `, ${build.commit.slice(0, 10)}` : ""})`);
  out.line(`Node     ${facts.node} on ${facts.platform}`);
  out.line(`Town     ${root ?? "none here"}`);
  if (root !== undefined) out.line(`Rigs     ${rigs.join(", ") || "none"}`);
}

function rigNames(root: string, env: NodeJS.ProcessEnv): readonly string[] {
  try {
    return openTown(root, { env })
      .rigs()
      .map((rig) => rig.name);
  } catch {
    // A broken town is what other commands complain about.
    return [];
  }
}
