import { expect, test } from "vitest";
import { authorHistory } from "../../../src/core/git/author-history.ts";
import { commit, git, scratchRepository } from "../../support/scratch-repository.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test("kinds and languages of an author's own commits are counted, on every branch, and nobody else's", async () => {
  const directory = temporaryDirectory();
  scratchRepository(directory);
  const as = (author: string) =>
    git(directory, "commit", "--quiet", "--amend", "--no-edit", "--author", `${author} <a@b.c>`);
  commit(directory, "fix(ui): one", { "a.ts": "1", "b.ts": "1" });
  as("web/polecats/nux");
  git(directory, "checkout", "--quiet", "-b", "other");
  commit(directory, "feat: two", { "a.ts": "2", "c.md": "2" });
  as("web/polecats/nux");
  commit(directory, "fix: three", { "a.py": "3" });
  as("web/polecats/nuxio");
  expect(await authorHistory(directory, "web/polecats/nux")).toEqual({
    commits: 2,
    extensions: [
      [".ts", 2],
      [".md", 1],
    ],
    kinds: [
      ["feat", 1],
      ["fix", 1],
    ],
  });
  expect(await authorHistory(directory, "nobody")).toMatchObject({ commits: 0, extensions: [] });
});
