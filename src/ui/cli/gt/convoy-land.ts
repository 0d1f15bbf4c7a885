import { landConvoy } from "../../../agents/lifecycle/land-convoy.ts";
import { tellOfConvoys } from "../../../agents/mail/tell-of-convoys.ts";
import { expectOwned } from "../../../core/convoys/change-convoy.ts";
import { findConvoy } from "../../../core/convoys/find-convoy.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt convoy land` (spec/05 §6.2). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out, cwd } = context;
  const access = await context.access();
  const convoy = await findConvoy(access.ledger, args[0] ?? "");
  expectOwned(convoy);
  const isDryRun = flags.boolean("dry-run");
  const landed = await landConvoy(access, convoy, {
    ...{
      force: flags.boolean("force"),
      keepWorktrees: flags.boolean("keep-worktrees"),
      dryRun: isDryRun,
      cwd,
    },
  });
  if (!isDryRun) await tellOfConvoys(access);
  out.document({ ok: true, id: convoy.id, dry_run: isDryRun, ...landed });
  if (!landed.isChanged) out.line(`○ ${convoy.id} is closed already`);
  else if (isDryRun) out.line(`would land ${convoy.id}`);
  else out.done(`${convoy.id} has landed`);
  for (const polecat of landed.removed)
    out.line(`  ${isDryRun ? "would remove" : "removed"} the sandbox of ${polecat}`);
  for (const { polecat, why } of landed.kept)
    out.caution(`the sandbox of ${polecat} stays: ${sanitiseLine(why)}`);
}
