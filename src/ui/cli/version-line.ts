import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { version } from "../../core/version.ts";

/** What was built and from where (spec/07 §7.1). */
export interface Build {
  readonly kind: "npm" | "source" | "docker";
  readonly packageDir: string;
  readonly commit?: string;
  readonly branch?: string;
}

/** `gt version 1.4.0 (source: main@3f2a9c1)`. */
export function versionLine(program: string): string {
  const build = readBuild();
  const commit = build.commit?.slice(0, 7);
  const place =
    commit === undefined ? "" : `: ${build.branch === undefined ? "" : `${build.branch}@`}${commit}`;
  return `${program} version ${version} (${build.kind}${place})`;
}

/** Read from the package's own directory; needs neither git nor a town. */
export function readBuild(): Build {
  const packageDir = packageDirectory();
  const git = join(packageDir, ".git");
  if (!existsSync(git)) return { kind: process.env["IS_SANDBOX"] ? "docker" : "npm", packageDir };
  return { kind: "source", packageDir, ...readHead(git) };
}

function packageDirectory(): string {
  let at = import.meta.dirname;
  while (!existsSync(join(at, "package.json")) && dirname(at) !== at) at = dirname(at);
  return at;
}

function readHead(git: string): { readonly commit?: string; readonly branch?: string } {
  try {
    const head = readFileSync(join(git, "HEAD"), "utf8").trim();
    const ref = /^ref: (refs\/heads\/(.+))$/.exec(head);
    if (ref === null) return { commit: head };
    const [, path = "", branch = ""] = ref;
    const loose = join(git, path);
    if (existsSync(loose)) return { branch, commit: readFileSync(loose, "utf8").trim() };
    const packed = readFileSync(join(git, "packed-refs"), "utf8")
      .split("\n")
      .find((line) => line.endsWith(` ${path}`));
    return packed === undefined ? { branch } : { branch, commit: packed.split(" ")[0] ?? "" };
  } catch {
    // A worktree's `.git` is a file, and an unborn branch has no commit: the version alone is enough then.
    return {};
  }
}
