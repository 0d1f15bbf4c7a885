import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { resolve } from "node:path";
import { redact } from "../redact.ts";
import { normalisedUrl, parseGitSource, storableUrl } from "../git/git-url.ts";
import { inspectRepository, repositoryAround } from "../git/repository.ts";
import { GtError } from "../gt-error.ts";

/** Where a rig's project comes from and what may speed up its first clone (spec/07 §5.3). */
export interface RigSource {
  /** What git is given, password and all. */
  readonly cloneUrl: string;
  /** What is stored and shown. */
  readonly url: string;
  /** A local clone of the same project to borrow objects from. */
  readonly borrowFrom: string | undefined;
  /** The project is a person's own working copy, into whose checked-out branch merges will be pushed. */
  readonly checkout: { readonly path: string; readonly branch: string | undefined } | undefined;
  readonly notes: readonly string[];
}

export async function findRigSource(
  given: string,
  options: { readonly cwd: string; readonly localRepo: string | undefined },
): Promise<RigSource> {
  const source = parseGitSource(given, options);
  if (source.kind === "path") return localSource(source.path);
  return remoteSource(source.url, options);
}

/** The path of a rig whose origin is a directory of this machine; undefined for all others. */
export function localOriginPath(gitUrl: string): string | undefined {
  if (gitUrl.startsWith("/")) return gitUrl;
  return gitUrl.startsWith("file://") ? fileURLToPath(gitUrl) : undefined;
}

async function localSource(path: string): Promise<RigSource> {
  const facts = await inspectRepository(path);
  const around = facts ? undefined : await repositoryAround(path);
  if (around !== undefined && existsSync(path)) {
    throw new GtError("E_NOT_FOUND", `${path} is not the top of its git repository`, {
      hint: `gt rig add <name> ${around}`,
    });
  }
  if (!existsSync(path)) {
    throw new GtError("E_NOT_FOUND", `there is no ${path}`, { hint: "gt rig add <name> <git-url or path>" });
  }
  if (!facts) {
    throw new GtError("E_NOT_FOUND", `${path} is not a git repository`, {
      hint: `git -C ${path} init && git -C ${path} add --all && git -C ${path} commit -m "First commit"`,
    });
  }
  if (facts.origin !== undefined) {
    const origin = /^(\.{1,2}\/|\/)/.test(facts.origin)
      ? pathToFileURL(resolve(facts.root, facts.origin)).href
      : facts.origin;
    const url = storableUrl(origin);
    return {
      cloneUrl: origin,
      url,
      borrowFrom: facts.root,
      checkout: await checkoutOf(url),
      notes: [
        `${path} has the origin ${redact(origin)}: that is the project, the directory only lends its objects`,
      ],
    };
  }
  const url = pathToFileURL(facts.root).href;
  return {
    cloneUrl: url,
    url,
    borrowFrom: undefined,
    checkout: facts.isBare ? undefined : { path: facts.root, branch: facts.branch },
    notes: [`${path} has no origin: finished work is pushed into it`],
  };
}

async function remoteSource(
  given: string,
  { cwd, localRepo }: { readonly cwd: string; readonly localRepo: string | undefined },
): Promise<RigSource> {
  const url = storableUrl(given);
  const notes: string[] = [];
  if (url !== given)
    notes.push("the password in the URL is not stored; git must know it from a credential helper");
  let borrowFrom: string | undefined;
  if (localRepo !== undefined) {
    const path = resolve(cwd, localRepo);
    const origin = (await inspectRepository(path))?.origin;
    if (origin !== undefined && normalisedUrl(origin) === normalisedUrl(given)) borrowFrom = path;
    else notes.push(`${path} is not a clone of ${url}; cloning without it`);
  }
  return { cloneUrl: given, url, borrowFrom, checkout: await checkoutOf(url), notes };
}

async function checkoutOf(url: string): Promise<RigSource["checkout"]> {
  const path = localOriginPath(url);
  const facts = path === undefined ? undefined : await inspectRepository(path);
  return facts && !facts.isBare ? { path: facts.root, branch: facts.branch } : undefined;
}
