import { lookWithGit } from "./look-with-git.ts";

/** Commits of `head` that `base` does not have, and the other way round. */
export async function aheadBehind(
  repository: string,
  base: string,
  head: string,
): Promise<{ readonly ahead: number; readonly behind: number }> {
  const output = await lookWithGit(repository, [
    "rev-list",
    "--left-right",
    "--count",
    `${base}...${head}`,
    "--",
  ]);
  const [behind = 0, ahead = 0] = output.split("\t").map(Number);
  return { ahead, behind };
}
