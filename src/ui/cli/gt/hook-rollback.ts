import type { RollbackRequest } from "../../../agents/lifecycle/rollback-hook.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { shellWord } from "../../../core/shell-word.ts";
import type { CommandContext } from "../command.ts";
import { agentOf } from "./agent-argument.ts";
import { splitNumbers } from "./hook-numbers.ts";
import { plural } from "./mail-text.ts";

/** `gt hook rollback [agent] <seq>` (spec/04 §6.5). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const { agent, numbers } = splitNumbers(args);
  const [seq, second] = numbers;
  if (seq === undefined || second !== undefined)
    throw usageError("one snapshot can be restored at a time", { hint: "gt hook rollback <agent> <number>" });
  const address = await agentOf(context, agent);
  const access = await context.access();
  const files = flags.strings("files");
  const toBranch = flags.string("to-branch");
  const request = {
    ...{ address, seq },
    ...(files.length === 0 ? {} : { files }),
    ...(toBranch === undefined ? {} : { toBranch }),
  };
  if (flags.boolean("dry-run")) return foretell(context, access, request);
  const { snapshot, undo, published, aside, left, detachedFrom, warnings } = flags.boolean("force")
    ? await (await import("../../../agents/lifecycle/rollback-by-force.ts")).rollbackByForce(access, request)
    : {
        ...(await (await import("../../../agents/lifecycle/rollback-hook.ts")).rollbackHook(access, request)),
        warnings: [],
      };
  out.document({
    ...{ ok: true, agent: address, seq: snapshot.seq, undo: undo ?? null, branch: toBranch ?? null },
    ...{ aside: aside ?? null, left: left ?? [], warnings },
  });
  if (toBranch !== undefined) out.done(`branch ${toBranch} holds the files of snapshot #${seq}`);
  else if (files.length > 0)
    out.done(
      `${files.map(sanitiseLine).join(", ")} as in snapshot #${seq} (${snapshot.reason}); all else stays`,
    );
  else out.done(`${address} is as in snapshot #${seq} (${snapshot.reason})`);
  for (const warning of warnings) out.warn(sanitiseLine(warning));
  if (aside !== undefined) out.warn(`files that were in the way and that no snapshot holds are in ${aside}`);
  for (const path of left ?? []) out.warn(`no snapshot holds ${sanitiseLine(path)}; it stays as it is`);
  if (detachedFrom !== undefined)
    out.warn(
      `${sanitiseLine(detachedFrom)} has gone on elsewhere and stays; the sandbox stands on ${snapshot.head.slice(0, 10)} without a branch`,
    );
  if (published !== undefined) {
    out.warn(
      `origin has ${published.slice(0, 10)} of ${sanitiseLine(snapshot.branch)}, which is not part of it any more`,
    );
    const branch = shellWord(snapshot.branch);
    out.next(
      `to put it back there, too: git push --force-with-lease=${branch}:${published} origin ${snapshot.head}:${shellWord(`refs/heads/${snapshot.branch}`)}`,
    );
  }
  if (undo !== undefined) out.next(`undo with gt hook rollback ${address} ${undo}`);
}

/** `--dry-run`: which files would become others, or that there would be a branch. */
async function foretell(
  { out }: CommandContext,
  access: TownAccess,
  { address, seq, files: only = [], toBranch }: RollbackRequest,
): Promise<void> {
  if (toBranch !== undefined) {
    const { snapshotHome } = await import("../../../agents/lifecycle/prune-snapshots.ts");
    const { findSnapshot } = await import("../../../agents/lifecycle/rollback-hook.ts");
    const { repository, place } = snapshotHome(access.town, address);
    await findSnapshot(repository, place, seq);
    out.line(`would make branch ${sanitiseLine(toBranch)} of the files of snapshot #${seq} of ${address}`);
    out.document({ ok: true, agent: address, seq, dry_run: true, branch: toBranch });
    return;
  }
  const { findSnapshot, hookPlace } = await import("../../../agents/lifecycle/rollback-hook.ts");
  const { treeOfFiles } = await import("../../../core/git/hook-snapshots.ts");
  const { runGit } = await import("../../../core/git/git.ts");
  const { worktree, place } = await hookPlace(access, address);
  const snapshot = await findSnapshot(worktree, place, seq);
  const names = await runGit(
    worktree,
    ["diff", "--name-only", "-z", await treeOfFiles(worktree), snapshot.commit, "--", ...only],
    { env: { GIT_LITERAL_PATHSPECS: "1" } },
  );
  const files = names.split("\0").filter((name) => name !== "");
  out.line(
    `would restore snapshot #${seq} (${snapshot.reason}) of ${address}: ${plural(files.length, "file")}`,
  );
  for (const file of files) out.line(`  ${sanitiseLine(file)}`);
  out.document({ ok: true, agent: address, seq, dry_run: true, files });
}
