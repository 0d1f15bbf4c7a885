import { existsSync } from "node:fs";
import { join } from "node:path";
import { askGit, runGit } from "../git/git.ts";
import type { Town } from "./town.ts";

type Identity = ReturnType<Town["overseer"]>;

/**
 * Commits exactly the named paths of the town repository, never what the person has staged (spec/07 §4.2). Returns the
 * commit, or undefined when the town is not under git or nothing changed. Paths that are not there are left out.
 */
export async function commitToTown(
  root: string,
  identity: Identity,
  message: string,
  paths: readonly string[],
): Promise<string | undefined> {
  if (!existsSync(join(root, ".git"))) return undefined;
  const present = paths.filter((path) => existsSync(join(root, path)));
  const gone = await trackedAmong(
    root,
    paths.filter((path) => !present.includes(path)),
  );
  const named = [...(await notIgnored(root, present)), ...gone];
  if (named.length === 0) return undefined;
  await runGit(root, ["add", "--all", "--", ...named]);
  const changed = await runGit(root, ["status", "--porcelain", "--", ...named]);
  if (changed === "") return undefined;
  const options = { env: commitIdentity(identity) };
  await runGit(
    root,
    [
      "-c",
      "commit.gpgSign=false",
      "commit",
      "--quiet",
      "--no-verify",
      "-m",
      message,
      "--only",
      "--",
      ...named,
    ],
    options,
  );
  return runGit(root, ["rev-parse", "HEAD"]);
}

/** git refuses to commit without an email; a town without one still gets its history. */
function commitIdentity({ name, email }: Identity): Record<string, string> {
  const address = email || "overseer@gastown.local";
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: address,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: address,
  };
}

/** `git add` fails as a whole on one ignored path. */
async function notIgnored(root: string, paths: readonly string[]): Promise<readonly string[]> {
  if (paths.length === 0) return [];
  const { stdout } = await askGit(root, ["check-ignore", "--no-index", "--", ...paths]);
  const ignored = new Set(stdout.split("\n"));
  return paths.filter((path) => !ignored.has(path));
}

async function trackedAmong(root: string, paths: readonly string[]): Promise<readonly string[]> {
  if (paths.length === 0) return [];
  const output = await runGit(root, ["ls-files", "--", ...paths]);
  return output.split("\n").filter((path) => path !== "");
}
