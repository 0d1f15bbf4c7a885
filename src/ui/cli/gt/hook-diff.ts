import { openGit } from "../../../core/git/git.ts";
import { treeOfFiles } from "../../../core/git/hook-snapshots.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitise } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { agentOf } from "./agent-argument.ts";
import { splitNumbers } from "./hook-numbers.ts";

/** `gt hook diff [agent] <seq> [<seq2>]` (spec/04 §6.3). */
export async function run(context: CommandContext): Promise<void> {
  const { args, rest, flags, out } = context;
  const { agent, numbers } = splitNumbers(args);
  const address = await agentOf(context, agent);
  const [seq = 0, second, ...others] = numbers;
  if (others.length > 0)
    throw usageError("two snapshots can be compared at a time", {
      hint: "gt hook diff <agent> <number> <number>",
    });
  const access = await context.access();
  const { findSnapshot, hookPlace } = await import("../../../agents/lifecycle/rollback-hook.ts");
  const { snapshotHome } = await import("../../../agents/lifecycle/prune-snapshots.ts");
  // Two of them can be compared when the sandbox is gone, too.
  const place = snapshotHome(access.town, address);
  const repository = second === undefined ? (await hookPlace(access, address)).worktree : place.repository;
  const states = [(await findSnapshot(repository, place.place, seq)).commit];
  // Against the files as they are, also those that git does not know yet.
  states.push(
    second === undefined
      ? await treeOfFiles(repository)
      : (await findSnapshot(repository, place.place, second)).commit,
  );
  const text = await openGit(repository).raw([
    "diff",
    ...(flags.boolean("stat") ? ["--stat"] : []),
    "--end-of-options",
    ...states,
    "--",
    ...rest,
  ]);
  out.page();
  out.document({ ok: true, agent: address, diff: text });
  if (!out.json) out.raw(sanitise(text));
}
