import { relative, sep } from "node:path";
import { askGit } from "../../core/git/git.ts";
import { type CommitFacts, readCommits } from "../../core/git/read-commits.ts";
import { GtError } from "../../core/gt-error.ts";
import { parseAddress } from "../../core/town/address.ts";
import { textSetting } from "../../core/town/setting.ts";
import type { Town } from "../../core/town/town.ts";

export interface TrailCommit extends CommitFacts {
  readonly isAgent: boolean;
}

export interface TrailQuery {
  readonly cwd: string;
  readonly limit: number;
  readonly since: number | undefined;
  /** Also commits of people. */
  readonly all: boolean;
}

/** Commits of the repository one stands in, or of all rigs, newest first (spec/06 §13.2). */
export async function trailCommits(town: Town, query: TrailQuery): Promise<readonly TrailCommit[]> {
  const domain = textSetting(town.settings(), "agent_email_domain");
  // Agents commit under their address, with the human's email where there is one (spec/04 §1.1).
  const isAgent = ({ author, email }: CommitFacts): boolean =>
    email.endsWith(`@${domain}`) || (author.includes("/") && parseAddress(author) !== undefined);
  const read = async (directory: string, branches: "all" | "head") => {
    const window = { limit: Math.max(500, query.limit), branches };
    return readCommits(directory, query.since === undefined ? window : { ...window, since: query.since });
  };
  const own = await repositoryHere(town, query.cwd);
  const repositories = own === undefined ? rigRepositories(town, query.cwd) : [];
  if (own === undefined && repositories.length === 0) {
    throw new GtError("E_NOT_FOUND", "there is no repository here and no rig in the town", {
      hint: "gt rig add <name> <git-url or path>",
    });
  }
  const lists = await Promise.all(
    own === undefined ? repositories.map((path) => read(path, "all")) : [read(own, "head")],
  );
  return lists
    .flat()
    .map((commit) => ({ ...commit, isAgent: isAgent(commit) }))
    .filter((commit) => query.all || commit.isAgent)
    .sort((one, other) => other.date - one.date)
    .slice(0, query.limit);
}

/** The worktree or clone that `cwd` lies in; the town's own repository does not count. */
async function repositoryHere(town: Town, cwd: string): Promise<string | undefined> {
  const { exitCode, stdout } = await askGit(cwd, ["rev-parse", "--show-toplevel"]);
  const top = stdout.trim();
  return exitCode === 0 && top !== "" && top !== town.root ? top : undefined;
}

function rigRepositories(town: Town, cwd: string): readonly string[] {
  const [first = ""] = relative(town.root, cwd).split(sep);
  const here = town.findRig(first);
  return (here ? [here] : town.rigs()).map((rig) => rig.repository);
}
