import type { CommandContext } from "../command.ts";

/** `gt polecat gc`, and `gt polecat prune`, which looks at the remote first (spec/04 §3.8). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const access = await context.access();
  const rig = access.town.rig(args[0] ?? "");
  const { collectBranches, polecatBranches, pruneRemoteBranches } = await import(
    "../../../agents/lifecycle/polecat-branches.ts"
  );
  const dryRun = flags.boolean("dry-run");
  if (context.words.at(-1) === "prune") {
    const { freshenOrigin } = await import("../../../agents/lifecycle/polecat-worktree.ts");
    const offline = await freshenOrigin(access, rig, { freshForMs: 0 });
    if (offline !== undefined) out.warn(offline);
  }
  const { deleted, kept } = await collectBranches(await polecatBranches(rig), { dryRun });
  const remote = flags.boolean("remote") ? await pruneRemoteBranches(access.ledger, rig, { dryRun }) : [];
  const word = dryRun ? "would delete" : "deleted";
  for (const { branch, fate } of deleted) out.line(`${word} ${branch} (${fate})`);
  for (const branch of remote) out.line(`${word} origin/${branch} (landed)`);
  for (const { branch, fate } of kept) out.line(`kept ${branch} (${fate})`);
  if (deleted.length + kept.length + remote.length === 0) out.line("no polecat branches");
  out.document({ ok: true, deleted: deleted.map((each) => each.branch), remote, kept });
}
