// A stand-in for `gh` with a real repository behind it: GH_ORIGIN is the server's repository, GH_STATE its pull requests.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

interface Request {
  number: number;
  url: string;
  state: "OPEN" | "MERGED" | "CLOSED";
  branch: string;
  title: string;
  body: string;
  baseRefName: string;
  mergeCommit: { oid: string } | null;
  reviewDecision: string;
  checks: { name: string; state: string }[] | null;
}

const origin = process.env["GH_ORIGIN"] ?? "";
const file = process.env["GH_STATE"] ?? "";
const all: Request[] = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
const args = process.argv.slice(2);
const [, verb = ""] = args;
const flag = (name: string): string => args[args.indexOf(name) + 1] ?? "";
const git = (...words: string[]): string =>
  execFileSync("git", ["-C", origin, ...words], { encoding: "utf8" }).trim();
const shown = (request: Request) => ({
  ...request,
  headRefOid: git("rev-parse", `refs/heads/${request.branch}`),
});
const numbered = (): Request => {
  const found = all.find((each) => each.number === Number(args[2]));
  if (found === undefined) throw new Error("no such pull request");
  return found;
};

switch (verb) {
  case "list":
    process.stdout.write(JSON.stringify(all.filter((each) => each.branch === flag("--head")).map(shown)));
    break;
  case "view":
    process.stdout.write(JSON.stringify(shown(numbered())));
    break;
  case "create": {
    const number = all.length + 1;
    all.push({
      number,
      url: `https://example.com/pull/${number}`,
      state: "OPEN",
      branch: flag("--head"),
      title: flag("--title"),
      body: flag("--body"),
      baseRefName: flag("--base"),
      mergeCommit: null,
      reviewDecision: process.env["GH_REVIEW"] ?? "",
      checks:
        process.env["GH_CHECKS"] === undefined ? null : [{ name: "ci", state: process.env["GH_CHECKS"] }],
    });
    break;
  }
  case "edit":
    numbered().baseRefName = flag("--base");
    break;
  case "checks": {
    const { checks } = numbered();
    if (checks === null) {
      process.stderr.write("no required checks reported\n");
      process.exitCode = 1;
    } else process.stdout.write(JSON.stringify(checks));
    break;
  }
  case "merge": {
    const request = numbered();
    const head = git("rev-parse", `refs/heads/${request.branch}`);
    if (head !== flag("--match-head-commit")) throw new Error("head has moved");
    const base = git("rev-parse", `refs/heads/${request.baseRefName}`);
    const tree = git("merge-tree", "--write-tree", base, head);
    const oid = git("commit-tree", tree, "-p", base, "-m", git("log", "-1", "--format=%s", head));
    git("update-ref", `refs/heads/${request.baseRefName}`, oid);
    request.state = "MERGED";
    request.mergeCommit = { oid };
    break;
  }
}
writeFileSync(file, JSON.stringify(all));
