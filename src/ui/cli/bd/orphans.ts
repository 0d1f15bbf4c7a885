import { openGit } from "../../../core/git/git.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { openWorkspace } from "./workspace.ts";

const commitLimit = 5000;

/** `bd orphans`: open beads that commit messages name, so probably done (spec/01 §10.3). */
export async function run(context: CommandContext): Promise<void> {
  const { out, cwd } = context;
  const workspace = await openWorkspace(context);
  const beads = await workspace.ledger.find({
    status: ["open", "in_progress", "hooked"],
    ephemeral: false,
    ...(workspace.readScope === undefined ? {} : { scope: workspace.readScope }),
  });
  const commits = await readCommits(cwd);
  const found = beads.flatMap((bead) => {
    const word = new RegExp(`(?<![\\w.-])${bead.id.replace(/[.-]/g, "\\$&")}(?![\\w-]|\\.\\w)`);
    const commit = commits.find(({ message }) => word.test(message));
    return commit === undefined ? [] : [{ bead, commit }];
  });
  out.document(
    found.map(({ bead, commit }) => ({
      issue_id: bead.id,
      title: bead.title,
      status: bead.status,
      latest_commit: commit.hash,
      latest_commit_message: commit.message.split("\n")[0] ?? "",
    })),
  );
  if (found.length === 0) out.line("No open issues are named in commits");
  for (const { bead, commit } of found) {
    out.line(`${bead.id} (${sanitiseLine(bead.status)}): ${sanitiseLine(bead.title)}`);
    out.line(`  ${commit.hash.slice(0, 10)} ${sanitiseLine(commit.message.split("\n")[0] ?? "")}`);
  }
}

async function readCommits(
  cwd: string,
): Promise<readonly { readonly hash: string; readonly message: string }[]> {
  try {
    const text = await openGit(cwd).raw(["log", `--max-count=${commitLimit}`, "--format=%H%x1f%B%x1e"]);
    return text.split("\u001e").flatMap((part) => {
      const [hash = "", message = ""] = part.trim().split("\u001f");
      return hash === "" ? [] : [{ hash, message }];
    });
  } catch (error) {
    throw new GtError("E_GIT", "the commits of this directory cannot be read", {
      why: [error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)],
      cause: error,
    });
  }
}
