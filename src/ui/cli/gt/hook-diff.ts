import { openGit } from "../../../core/git/git.ts";
import { treeOfFiles } from "../../../core/git/hook-snapshots.ts";
import { sanitise } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { agentOf } from "./agent-argument.ts";
import { splitNumbers } from "./hook-numbers.ts";

/** `gt hook diff [agent] <seq> [<seq2>]` (spec/04 §6.3). */
export async function run(context: CommandContext): Promise<void> {
  const { args, rest, flags, out } = context;
  const { agent, numbers } = splitNumbers(args);
  const address = await agentOf(context, agent);
  const { findSnapshot, hookPlace } = await import("../../../agents/lifecycle/rollback-hook.ts");
  const { worktree, place } = await hookPlace(await context.access(), address);
  const states = [];
  for (const number of numbers.slice(0, 2)) states.push((await findSnapshot(worktree, place, number)).commit);
  // Against the files as they are, also those that git does not know yet.
  if (states.length === 1) states.push(await treeOfFiles(worktree));
  const text = await openGit(worktree).raw([
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
