import { join } from "node:path";
import { expect, test } from "vitest";
import { commit, git, scratchOrigin } from "./scratch-repository.ts";
import { expectAlwaysGreen, judgeOrigins } from "./target-history.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { noteJudged, watchOrigin } from "./watched-origins.ts";

test("a value that a target had for a moment is found, one of a polecat's branch is not", () => {
  const place = temporaryDirectory();
  const origin = scratchOrigin(join(place, "origin"));
  const work = join(place, "work");
  git(place, "clone", "--quiet", origin, work);
  const good = git(work, "rev-parse", "HEAD");
  const bad = commit(work, "Break", { "README.md": "" });
  git(work, "push", "--quiet", "origin", "HEAD:polecat/nux/web-1");
  expectAlwaysGreen(origin, "test -s README.md");
  git(work, "push", "--quiet", "origin", "HEAD:main");
  git(work, "push", "--quiet", "--force", "origin", `${good}:main`);
  expect(() => expectAlwaysGreen(origin, "test -s README.md")).toThrow(`red at ${bad}`);
  // Whoever has not judged it by then is not let off: it is judged before it is removed.
  watchOrigin(origin);
  expect(() => judgeOrigins(place)).toThrow(`red at ${bad}`);
  expectAlwaysGreen(origin, "test -s README.md", new Set([bad]));
  watchOrigin(join(place, "gone"));
  expect(() => judgeOrigins(place)).toThrow("was removed before its targets were judged");
  noteJudged(join(place, "gone"));
});
