import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt polecat gc`, and `gt polecat prune`, which fetches whether there is something to delete or not (spec/04 §3.8). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const access = await context.access();
  const rig = access.town.rig(args[0] ?? "");
  const { collectPolecatBranches, pruneRemoteBranches } = await import(
    "../../../agents/lifecycle/polecat-branches.ts"
  );
  const dryRun = flags.boolean("dry-run");
  let offline: string | undefined;
  if (context.words.at(-1) === "prune" && rig.gitUrl !== "") {
    const { freshenOrigin } = await import("../../../agents/lifecycle/polecat-worktree.ts");
    offline = await freshenOrigin(access, rig, { freshForMs: 0 });
  }
  const { deleted, kept, ...asked } = await collectPolecatBranches(access, rig, { dryRun });
  offline ??= asked.offline;
  if (offline !== undefined) out.warn(`${sanitiseLine(offline)}; nothing is deleted without asking it`);
  const remote =
    flags.boolean("remote") && offline === undefined
      ? await pruneRemoteBranches(access.ledger, rig, { dryRun })
      : [];
  const word = dryRun ? "would delete" : "deleted";
  for (const { branch, fate } of deleted) out.line(`${word} ${branch} (${fate})`);
  for (const branch of remote) out.line(`${word} origin/${branch} (landed)`);
  for (const { branch, fate } of kept) out.line(`kept ${branch} (${fate})`);
  if (deleted.length + kept.length + remote.length === 0) out.line("no polecat branches");
  out.document({ ok: true, deleted: deleted.map((each) => each.branch), remote, kept });
}
