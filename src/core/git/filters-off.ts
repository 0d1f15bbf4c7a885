import { askGit } from "./git.ts";

/** Options of git that switch off every filter which its configuration has (`filter.<name>.clean` and the like). */
export async function filtersOff(repository: string): Promise<readonly string[]> {
  const query = [
    "config",
    "--null",
    "--name-only",
    "--get-regexp",
    "^filter\\..*\\.(clean|smudge|process|required)$",
  ];
  const { stdout } = await askGit(repository, query);
  return stdout
    .split("\0")
    .filter((key) => key !== "")
    .flatMap((key) => ["-c", key.endsWith(".required") ? `${key}=false` : `${key}=`]);
}
