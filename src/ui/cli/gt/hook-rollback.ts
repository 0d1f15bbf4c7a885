import type { TownAccess } from "../../../agents/town-access.ts";
import type { HookSnapshot } from "../../../core/git/list-snapshots.ts";
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
  if (flags.boolean("dry-run")) return foretell(context, access, address, seq);
  const { rollbackHook } = await import("../../../agents/lifecycle/rollback-hook.ts");
  const { liveSession } = await import("../../../agents/lifecycle/agent-session.ts");
  const { resumeHook, suspendHook } = await import("../../../agents/lifecycle/suspend-hook.ts");
  const files = flags.strings("files");
  const toBranch = flags.string("to-branch");
  const mustSuspend =
    flags.boolean("force") && toBranch === undefined && (await liveSession(access, address)) !== undefined;
  if (mustSuspend) await suspendHook(access, address, "rollback");
  const { snapshot, undo, published } = await rollbackHook(access, {
    address,
    seq,
    ...(files.length === 0 ? {} : { files }),
    ...(toBranch === undefined ? {} : { toBranch }),
  }).finally(async () => {
    if (mustSuspend) await resumeHook(access, address);
  });
  if (mustSuspend) await tellAgent(access, address, snapshot);
  out.document({ ok: true, agent: address, seq: snapshot.seq, undo: undo ?? null, branch: toBranch ?? null });
  if (toBranch !== undefined) out.done(`branch ${toBranch} holds the files of snapshot #${seq}`);
  else out.done(`${address} is as in snapshot #${seq} (${snapshot.reason})`);
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

/** `--dry-run`: which files would become others. */
async function foretell(
  { out }: CommandContext,
  access: TownAccess,
  address: string,
  seq: number,
): Promise<void> {
  const { findSnapshot, hookPlace } = await import("../../../agents/lifecycle/rollback-hook.ts");
  const { treeOfFiles } = await import("../../../core/git/hook-snapshots.ts");
  const { runGit } = await import("../../../core/git/git.ts");
  const { worktree, place } = await hookPlace(access, address);
  const snapshot = await findSnapshot(worktree, place, seq);
  const names = await runGit(worktree, [
    ...["diff", "--name-only", "-z", await treeOfFiles(worktree), snapshot.commit, "--"],
  ]);
  const files = names.split("\0").filter((name) => name !== "");
  out.line(
    `would restore snapshot #${seq} (${snapshot.reason}) of ${address}: ${plural(files.length, "file")}`,
  );
  for (const file of files) out.line(`  ${sanitiseLine(file)}`);
  out.document({ ok: true, agent: address, seq, dry_run: true, files });
}

/** It goes on in a new session, among files that are not those it has left. */
async function tellAgent(access: TownAccess, address: string, snapshot: HookSnapshot): Promise<void> {
  const { liveSession } = await import("../../../agents/lifecycle/agent-session.ts");
  const { nudge } = await import("../../../agents/sessions/nudge.ts");
  const session = await liveSession(access, address);
  // A script takes no advice.
  if (session === undefined || session.agent === "shell") return;
  const text = `Your files were rolled back to snapshot #${snapshot.seq} (${snapshot.reason}) of your hook. Look at \`git status\` before you go on.`;
  // The rollback is done; a message that cannot be sent must not say otherwise.
  await nudge(access, { to: address, from: access.actor, mode: "wait-idle", text }).catch(() => undefined);
}
