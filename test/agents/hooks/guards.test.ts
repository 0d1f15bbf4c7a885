import { expect, test } from "vitest";
import { type GuardContext, guardCommand, losesWork } from "../../../src/agents/hooks/guards.ts";
import { simpleCommands } from "../../../src/agents/hooks/shell-words.ts";

const polecat: GuardContext = {
  role: "polecat",
  townRoot: "/town",
  home: "/home/ada",
  cwd: "/town/web/polecats/nux/web",
  defaultBranch: "main",
  usesPullRequests: false,
  hasSnapshot: false,
  disabled: [],
};
const denies = (line: string, change: Partial<GuardContext> = {}) =>
  guardCommand(line, { ...polecat, ...change })?.guard;

test("words are compared, not text: what is quoted or only mentioned passes", () => {
  for (const line of [
    'echo "sudo"',
    "grep -rf sudo .",
    "git commit -m 'git push --force'",
    "ls # sudo",
    "cat sudo.txt",
    "git push origin polecat/nux/web-1",
    "rm -rf node_modules",
    "npm install left-pad",
  ])
    expect(denies(line), line).toBeUndefined();
});

test("a dangerous command is found wherever it stands in the line", () => {
  for (const line of [
    "cd a && sudo rm x",
    "true; sudo ls",
    "FOO=1 sudo ls",
    "env A=b sudo ls",
    "bash -c 'cd x; sudo ls'",
    "echo $(sudo cat /etc/shadow)",
    "(sudo ls)",
    "true\nsudo ls",
    "/usr/bin/sudo ls",
    "time nohup sudo ls &",
    "if true; then sudo ls; fi",
  ])
    expect(denies(line), line).toBe("dangerous-command");
});

test("what changes the machine or throws work away is denied", () => {
  for (const line of [
    "rm -rf /",
    "rm -fr ~",
    "rm -r -f $HOME/",
    "rm -rf /town",
    "git push --force",
    "git push -f origin x",
    "git reset --hard HEAD~1",
    "git clean -fdx",
    "git -C sub reset --hard",
    "apt-get install vim",
    "pip3 install --break-system-packages x",
    "npm i -g x",
    "pacman -S vim",
    "psql -c 'DROP TABLE users'",
  ])
    expect(denies(line), line).toBe("dangerous-command");
  expect(denies("git push --force-with-lease origin mine")).toBeUndefined();
  expect(denies("git reset --hard", { hasSnapshot: true })).toBeUndefined();
  expect(denies("sudo ls", { role: "crew" })).toBeUndefined();
  expect(denies("rm -rf /", { role: "crew" })).toBe("dangerous-command");
});

test("the merge queue's rules hold for those they are for, unless the rig says otherwise", () => {
  expect(denies("gh pr create --fill")).toBe("pr-workflow");
  expect(denies("git checkout -b mine")).toBe("pr-workflow");
  expect(denies("git switch -c mine")).toBe("pr-workflow");
  expect(denies("gh pr create", { usesPullRequests: true })).toBeUndefined();
  expect(denies("gh pr create", { disabled: ["pr-workflow"] })).toBeUndefined();
  expect(denies("git push origin main")).toBe("merge-direct");
  expect(denies("git push origin HEAD:refs/heads/main")).toBe("merge-direct");
  expect(denies("git push origin main", { role: "crew" })).toBeUndefined();
  expect(denies("bd init")).toBe("bd-init");
  expect(denies("bd init", { cwd: "/elsewhere" })).toBeUndefined();
  expect(denies("bd mol pour mol-witness-patrol", { role: "witness" })).toBe("mol-patrol");
});

test("commands that lose uncommitted work are known, so that a snapshot comes first", () => {
  for (const line of [
    "git reset --hard",
    "git checkout -- .",
    "git checkout .",
    "git stash drop",
    "git clean -fd",
    "cd x && git restore .",
  ])
    expect(losesWork(line), line).toBe(true);
  for (const line of ["git checkout main", "git stash", "git reset HEAD a.txt"])
    expect(losesWork(line), line).toBe(false);
});

test("a line is split as a shell would split it", () => {
  expect(simpleCommands('a \'b c\' "d \\" e" f\\ g && h|i')).toEqual([
    ["a", "b c", 'd " e', "f g"],
    ["h"],
    ["i"],
  ]);
});
