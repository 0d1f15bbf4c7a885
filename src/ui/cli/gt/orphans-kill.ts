import { pruneAllSnapshots } from "../../../agents/lifecycle/prune-snapshots.ts";
import { runGit } from "../../../core/git/git.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { plural } from "./mail-text.ts";

/** `gt orphans kill` (spec/04 §3.8): what retention keeps, and commits younger than git's own grace, stay. */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const access = await context.access();
  const isDryRun = context.flags.boolean("dry-run");
  const isSure =
    isDryRun ||
    context.flags.boolean("force") ||
    (await context.confirm({
      text: "Drop snapshots past their time and let git collect what nothing reaches any more?",
      flag: "--force",
    }));
  if (!isSure) return;
  const { snapshots, archives, problems } = await pruneAllSnapshots(access, { dryRun: isDryRun });
  if (!isDryRun)
    for (const rig of access.town.rigs())
      await runGit(rig.repository, ["gc", "--quiet"], { timeoutMs: 600_000 });
  for (const problem of problems) out.warn(sanitiseLine(problem));
  out.document({
    ok: problems.length === 0,
    ...(isDryRun ? { dry_run: true } : {}),
    snapshots,
    archives,
    problems,
  });
  const word = isDryRun ? "would drop" : "dropped";
  out.done(`${word} ${plural(snapshots, "snapshot")} and ${plural(archives, "landed archive")}`);
}
