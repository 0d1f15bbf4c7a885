import type { CommandContext } from "../command.ts";

/** `gt polecat gc` (spec/04 §3.8). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const rig = (await context.town()).rig(args[0] ?? "");
  const { collectBranches } = await import("../../../agents/lifecycle/polecat-branches.ts");
  const dryRun = flags.boolean("dry-run");
  const { deleted, kept } = await collectBranches(rig, { dryRun });
  for (const { branch, fate } of deleted)
    out.line(`${dryRun ? "would delete" : "deleted"} ${branch} (${fate})`);
  for (const { branch, fate } of kept) out.line(`kept ${branch} (${fate})`);
  if (deleted.length + kept.length === 0) out.line("no polecat branches");
  out.document({ ok: true, deleted: deleted.map((each) => each.branch), kept });
}
