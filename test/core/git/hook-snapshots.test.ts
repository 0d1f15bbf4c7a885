import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { type SnapshotSubject, takeSnapshot } from "../../../src/core/git/hook-snapshots.ts";
import { type HookSnapshot, listSnapshots } from "../../../src/core/git/list-snapshots.ts";
import { restoreFiles, restoreSnapshot } from "../../../src/core/git/restore-snapshot.ts";
import { describeRisks, measureWorkAtRisk } from "../../../src/core/git/work-at-risk.ts";
import { commit, git, scratchRepository } from "../../support/scratch-repository.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

let worktree: string;
let aside: string[];

beforeEach(() => {
  vi.stubEnv("GIT_CONFIG_GLOBAL", "/dev/null");
  vi.stubEnv("GIT_CONFIG_NOSYSTEM", "1");
  worktree = scratchRepository(temporaryDirectory(), { "a.txt": "1\n", "kept.txt": "kept\n" });
  aside = [];
  return () => vi.unstubAllEnvs();
});

const subject = (maxFileMb = 50): SnapshotSubject => ({
  ...{ worktree, place: "polecats/nux", address: "web/polecats/nux", email: "nux@example.com", maxFileMb },
  ...{ bead: "web-1", assignment: 1, hookState: "active", session: "" },
});

/** The newest snapshot after one was taken. */
async function keep(maxFileMb?: number): Promise<HookSnapshot> {
  await takeSnapshot(subject(maxFileMb), "manual");
  const [newest] = await listSnapshots(worktree, "polecats/nux");
  return newest ?? expect.unreachable("no snapshot");
}

/** As a rollback does it: the present state is kept first. Returns the snapshot of that. */
async function goBack(to: HookSnapshot, maxFileMb?: number): Promise<HookSnapshot> {
  const present = await keep(maxFileMb);
  await restoreSnapshot(worktree, to, { present, putAside });
  return present;
}

function putAside(directory: string, path: string): void {
  aside.push(path);
  renameSync(join(directory, path), join(temporaryDirectory(), "aside"));
}

const at = (path: string): string => join(worktree, path);
const write = (path: string, text: string | Buffer): void => writeFileSync(at(path), text);
const read = (path: string): string => readFileSync(at(path), "utf8");
const status = (): string => git(worktree, "status", "--porcelain");

/** Everything in the worktree but git's own, byte by byte. Names as they are on the disk, which need not be text. */
function content(directory = Buffer.from(worktree)): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(directory, { encoding: "buffer" })) {
    if (name.toString() === ".git") continue;
    const path = Buffer.concat([directory, Buffer.from("/"), name]);
    const stat = lstatSync(path);
    const key = path.toString("latin1");
    if (stat.isDirectory()) Object.assign(found, content(path));
    else if (stat.isSymbolicLink()) found[key] = `-> ${readlinkSync(path)}`;
    else found[key] = `${(stat.mode & 0o111) !== 0 ? "x" : "-"} ${readFileSync(path).toString("hex")}`;
  }
  return found;
}

test("an edit of the same size within the second of the last commit is kept", async () => {
  write("a.txt", "0");
  git(worktree, "config", "core.trustctime", "false");
  const second = new Date("2026-01-01T00:00:00Z");
  const inThatSecond = (path: string): void => utimesSync(at(path), second, second);
  write("a.txt", "1");
  inThatSecond("a.txt");
  commit(worktree, "One");
  inThatSecond(".git/index");
  write("a.txt", "2");
  inThatSecond("a.txt");

  expect(git(worktree, "show", `${(await keep()).commit}:a.txt`)).toBe("2");
});

test("a snapshot is a commit of the files on HEAD and the index, in the agent's name, with its trailers", async () => {
  write("a.txt", "staged");
  git(worktree, "add", "a.txt");
  write("a.txt", "unstaged");
  const taken = await takeSnapshot({ ...subject(), session: "web-nux" }, "manual", {
    note: "before\nthe \u001b[31mlunch\u001e",
  });
  const { ref = "", head = "" } = taken.state === "taken" ? taken.snapshot : {};
  expect(ref).toBe("refs/gt/hooks/polecats/nux/000001");
  expect(git(worktree, "show", "-s", "--format=%an <%ae> %cn <%ce>%n%B", ref)).toBe(
    [
      "web/polecats/nux <nux@example.com> web/polecats/nux <nux@example.com>",
      ...["snapshot web/polecats/nux #1: manual", "", "Gt-Agent: web/polecats/nux", "Gt-Bead: web-1"],
      ...["Gt-Seq: 1", "Gt-Branch: main", `Gt-Head: ${head}`, "Gt-Session: web-nux", "Gt-Reason: manual"],
      ...["Gt-Hook-State: active", "Gt-Note: before the lunch"],
    ].join("\n"),
  );
  expect(git(worktree, "rev-parse", "HEAD", `${ref}^1`, `${ref}^2^1`)).toBe([head, head, head].join("\n"));
  expect(git(worktree, "show", `${ref}:a.txt`)).toBe("unstaged");
  expect(git(worktree, "show", `${ref}^2:a.txt`)).toBe("staged");
  // With an index as HEAD has it there is no second parent.
  git(worktree, "reset", "--quiet");
  const { commit: next } = await keep();
  expect(git(worktree, "show", "-s", "--format=%P", next)).toBe(head);
});

test("whoever takes a snapshot at the same time gets a number of its own, and a number is never given twice", async () => {
  write("a.txt", "2");
  const both = await Promise.all([takeSnapshot(subject(), "interval"), takeSnapshot(subject(), "pre-nuke")]);
  expect(both.map(({ state }) => state).toSorted()).toEqual(["taken", "unchanged"]);
  write("a.txt", "3");
  git(worktree, "update-ref", "-d", (await keep()).ref.replace("000002", "000001"));
  write("a.txt", "4");
  expect((await keep()).seq).toBe(3);
});

test("one that does not come to its end in time is given up, and nothing is left of it", async () => {
  git(worktree, "config", "filter.slow.clean", "sleep 3");
  writeFileSync(at(".gitattributes"), "*.slow filter=slow\n");
  write("a.slow", "1");
  const begun = Date.now();
  await expect(takeSnapshot(subject(), "interval", { timeoutMs: 300 })).rejects.toMatchObject({
    code: "E_TIMEOUT",
  });
  expect(Date.now() - begun).toBeLessThan(2500);
  expect(git(worktree, "for-each-ref", "refs/gt/")).toBe("");
});

describe("what comes back is what was there, byte by byte", () => {
  test("whatever the files are and however they are named", async () => {
    for (const name of [
      "-f",
      "new\nline",
      "tab\t",
      "quote\"'",
      "\u00fcn\u00ef",
      ":(top)x",
      "*",
      "a b",
      "[x]",
    ])
      write(name, name);
    writeFileSync(Buffer.concat([Buffer.from(`${worktree}/`), Buffer.from([0x62, 0xff, 0xfe])]), "no text");
    write("empty", "");
    write("binary", Buffer.from([0, 255, 10, 13, 10]));
    write("run.sh", "#!/bin/sh\n");
    chmodSync(at("run.sh"), 0o755);
    chmodSync(at("kept.txt"), 0o755);
    symlinkSync("nowhere", at("dangling"));
    mkdirSync(at("deep/er"), { recursive: true });
    write("deep/er/file", "deep");
    write("meant.txt", "meant");
    git(worktree, "add", "--intent-to-add", "meant.txt");
    rmSync(at("a.txt"));
    const before = content();
    const kept = await keep();

    git(worktree, "reset", "--quiet", "--hard");
    git(worktree, "clean", "--quiet", "-fd");
    writeFileSync(Buffer.concat([Buffer.from(`${worktree}/`), Buffer.from([0x62, 0xff, 0xfd])]), "later");
    mkdirSync(at("later"));
    write("later/-d", "later");
    // What was a file is a directory now, and the other way round.
    mkdirSync(at("empty"));
    write("empty/inner", "inner");
    write("deep", "a file");
    const between = content();
    const undo = await goBack(kept);
    expect(content()).toEqual(before);
    expect(existsSync(at("later"))).toBe(false);
    await goBack(undo);
    expect(content()).toEqual(between);
    expect(aside).toEqual([]);
  });

  test("with line ends that git would normalise, and filters that leave something out or do not work", async () => {
    git(worktree, "config", "core.autocrlf", "input");
    git(worktree, "config", "core.safecrlf", "true");
    git(worktree, "config", "filter.strip.clean", "sed /SECRET/d");
    git(worktree, "config", "filter.rot.clean", "tr a-z n-za-m");
    git(worktree, "config", "filter.rot.smudge", "tr a-z n-za-m");
    write(".gitattributes", "*.nb filter=strip\n*.rot filter=rot\n*.gone filter=gone\n");
    write("mixed.txt", "a\r\nb\n");
    write("a.nb", "cell\nSECRET 1\n");
    write("a.rot", "hello\n");
    const before = content();
    const first = await keep();
    // git itself gives this one back: it is kept once.
    expect(git(worktree, "ls-tree", "--name-only", "-r", `${first.commit}^3`)).toBe("a.nb\nmixed.txt");
    expect(await takeSnapshot(subject(), "manual")).toMatchObject({ state: "unchanged" });
    write("a.nb", "cell\nSECRET 2\n");
    expect((await keep()).seq).toBe(2);
    rmSync(at("a.nb"));
    rmSync(at("mixed.txt"));
    rmSync(at("a.rot"));
    await restoreFiles(worktree, first, ["a.nb"], { present: await keep(), putAside });
    expect([read("a.nb"), existsSync(at("mixed.txt"))]).toEqual(["cell\nSECRET 1\n", false]);
    await goBack(first);
    expect(content()).toEqual(before);

    // As Git LFS without its program.
    git(worktree, "config", "filter.gone.clean", "no-such-program");
    git(worktree, "config", "filter.gone.smudge", "no-such-program");
    git(worktree, "config", "filter.gone.required", "true");
    write("a.gone", "large\r\n");
    const all = content();
    const kept = await keep();
    rmSync(at("a.gone"));
    rmSync(at("a.nb"));
    await goBack(kept);
    expect(content()).toEqual(all);
  });

  test("of files that git was told not to look at, which are at risk as well", async () => {
    git(worktree, "update-index", "--assume-unchanged", "a.txt");
    git(worktree, "update-index", "--skip-worktree", "kept.txt");
    const risks = async () => describeRisks(await measureWorkAtRisk(worktree, { targets: ["main"] }));
    expect(await risks()).toEqual([]);
    write("a.txt", "mine");
    write("kept.txt", "mine, too");
    expect(status()).toBe("");
    expect(await risks()).toEqual(["2 uncommitted files: a.txt, kept.txt"]);
    const kept = await keep();
    git(worktree, "update-index", "--no-assume-unchanged", "a.txt");
    git(worktree, "update-index", "--no-skip-worktree", "kept.txt");
    git(worktree, "checkout", "--quiet", "--", ".");
    await goBack(kept);
    expect([read("a.txt"), read("kept.txt")]).toEqual(["mine", "mine, too"]);
  });

  test("of tracked files that are ignored; other ignored ones stay, and none is written over", async () => {
    write("n.log", "old");
    const before = await keep();
    write("t.log", "1");
    rmSync(at("n.log"));
    write(".gitignore", "*.log\n");
    git(worktree, "add", "--force", ".");
    commit(worktree, "Ignore logs");
    write("t.log", "2");
    write("n.log", "in no snapshot");
    write("other.log", "stays");
    const kept = await keep();
    write("t.log", "3");
    await goBack(kept);
    expect([read("t.log"), read("other.log")]).toEqual(["2", "stays"]);
    await goBack(before);
    expect([read("n.log"), aside]).toEqual(["old", ["n.log"]]);
    expect(read("other.log")).toBe("stays");
  });
});

describe("what no snapshot holds", () => {
  test("files that are too large and repositories inside are named, stay, and are put aside when in the way", async () => {
    mkdirSync(at("inner"));
    write("large.bin", "was small");
    write("inner/x", "was a file");
    const before = await keep(1);
    rmSync(at("inner/x"));
    write("large.bin", "x".repeat(1024 * 1024 + 1));
    write("other.bin", "x".repeat(1024 * 1024 + 1));
    git(at("inner"), "init", "--quiet");
    write("inner/y", "no commit yet");
    const now = content();
    const kept = await keep(1);
    expect(git(worktree, "show", "-s", "--format=%B", kept.commit)).toMatch(
      /^Gt-Skipped: inner\/\nGt-Skipped: large\.bin\nGt-Skipped: other\.bin$/m,
    );
    write("a.txt", "2");
    await goBack(kept, 1);
    expect(content()).toEqual(now);

    await goBack(before, 1);
    expect([read("large.bin"), read("inner/x")]).toEqual(["was small", "was a file"]);
    expect(aside.toSorted()).toEqual(["inner", "large.bin"]);
    expect(existsSync(at("other.bin"))).toBe(true);
  });

  test("and what lies where a link leads to is not touched", async () => {
    const outside = temporaryDirectory();
    writeFileSync(join(outside, "precious"), "precious");
    symlinkSync(outside, at("d"));
    const kept = await keep();
    rmSync(at("d"));
    mkdirSync(at("d"));
    write("d/precious", "inside");
    await goBack(kept);
    expect(readlinkSync(at("d"))).toBe(outside);
    expect(readFileSync(join(outside, "precious"), "utf8")).toBe("precious");
  });
});

describe("an operation of git in several steps", () => {
  const conflict = (): void => {
    git(worktree, "switch", "--quiet", "--create", "other");
    commit(worktree, "theirs", { "a.txt": "theirs\n" });
    git(worktree, "switch", "--quiet", "main");
    commit(worktree, "ours", { "a.txt": "ours\n" });
  };
  const fail = (...args: readonly string[]): void => {
    expect(() => git(worktree, ...args)).toThrow();
  };

  test("a merge that began since then is over, and one that goes on stays", async () => {
    conflict();
    const before = await keep();
    fail("merge", "--quiet", "other");
    const during = await keep();
    expect(during).toMatchObject({ operation: "merge", head: before.head });
    write("a.txt", "half solved");
    await goBack(during);
    expect(existsSync(at(".git/MERGE_HEAD"))).toBe(true);
    expect(read("a.txt")).toContain("<<<<<<<");
    await goBack(before);
    expect(existsSync(at(".git/MERGE_HEAD"))).toBe(false);
    expect([status(), git(worktree, "log", "-1", "--format=%s")]).toEqual(["", "ours"]);
  });

  test("a merge on later commits does not hold up the way back", async () => {
    conflict();
    write("b.txt", "untracked");
    const before = await keep();
    commit(worktree, "more");
    fail("merge", "--quiet", "other");
    await goBack(before);
    expect(git(worktree, "rev-parse", "main")).toBe(before.head);
    expect(status()).toBe("?? b.txt");
  });

  test("a rebase is over, and the branch that it has not moved yet is left to whoever began it", async () => {
    conflict();
    const before = await keep();
    const later = commit(worktree, "more", { "b.txt": "b" });
    fail("rebase", "--quiet", "other");
    await goBack(before);
    expect(existsSync(at(".git/rebase-merge"))).toBe(false);
    expect(git(worktree, "rev-parse", "HEAD", "main")).toBe(`${before.head}\n${later}`);
    expect(status()).toBe("");
  });
});

test("a repository without a commit has snapshots, and goes back to being without one", async () => {
  worktree = temporaryDirectory();
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", worktree]);
  write("a.txt", "first");
  const kept = await keep();
  commit(worktree, "Begin", { "b.txt": "b" });
  await goBack(kept);
  expect([read("a.txt"), existsSync(at("b.txt")), status()]).toEqual(["first", false, "?? a.txt"]);
});
