import { putUnderGit } from "../../../core/town/town-git.ts";
import type { CommandContext } from "../command.ts";

/** `gt git-init` (spec/07 §5.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const town = await context.town();
  const git = await putUnderGit(town, []);
  out.document({ ok: true, action: "git-init", ...git });
  if (git.commit === undefined) out.done("the town is under git already; nothing to do");
  else
    out.done(`${git.initialized ? "repository with its first commit" : "commit"} ${git.commit.slice(0, 10)}`);
}
