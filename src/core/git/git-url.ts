import { statSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { usageError } from "../gt-error.ts";
import { sanitiseLine } from "../sanitise.ts";

/** Where a project comes from (spec/07 §5.3). */
export type GitSource =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "path"; readonly path: string };

const schemes = new Set(["https", "http", "ssh", "git", "file", "git+ssh"]);

/** Reads a URL, an scp-like address or a local path. Everything that git could take for a program to run is refused. */
export function parseGitSource(given: string, surroundings: { readonly cwd: string }): GitSource {
  const shown = sanitiseLine(redactUrl(given));
  if (given === "") throw badUrl("the URL is empty");
  if (given.startsWith("-")) throw badUrl(`the URL "${shown}" begins with a hyphen`);
  if (/[\u0000-\u001f\u007f]/.test(given)) throw badUrl("the URL contains control characters");
  if (/^[\w+.-]+::/.test(given)) throw badUrl(`"${shown}" would run a remote helper`);
  if (/^(\.{1,2}(\/|$)|\/|~(\/|$))/.test(given)) {
    const path = given.startsWith("~") ? homedir() + given.slice(1) : given;
    return { kind: "path", path: resolve(surroundings.cwd, path) };
  }
  const scheme = /^([A-Za-z][\w+.-]*):\/\//.exec(given)?.[1];
  if (/\s/.test(given)) throw badUrl(`the URL "${shown}" contains spaces`);
  if (scheme !== undefined) {
    if (!schemes.has(scheme.toLowerCase())) throw badUrl(`unknown scheme "${scheme}" in "${shown}"`);
    if (/^[^:]+:\/\/-/.test(given)) throw badUrl(`the host in "${shown}" begins with a hyphen`);
    return { kind: "url", url: given };
  }
  const scp = /^(?:([\w.-]+)@)?([\w.-]+):(?!\/\/)(.+)$/.exec(given);
  const host = scp?.[2] ?? "";
  if (scp && !host.startsWith("-")) {
    const isHost = scp[1] !== undefined || (host.includes(".") && !exists(resolve(surroundings.cwd, given)));
    if (isHost) return { kind: "url", url: given };
  }
  if (exists(resolve(surroundings.cwd, given)))
    return { kind: "path", path: resolve(surroundings.cwd, given) };
  throw badUrl(`"${shown}" is neither a git URL nor a directory`);
}

/** The URL without a password or token, for files, messages and logs (spec/07 §1.10). */
export function redactUrl(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)([^/@]*)@/i, (_, scheme: string, user: string) =>
    user.includes(":") || /^https?:/i.test(scheme) ? `${scheme}***@` : `${scheme}${user}@`,
  );
}

/** The URL as it may be stored: secrets taken out, a plain user name of ssh kept. */
export function storableUrl(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)([^/@]*)@/i, (_, scheme: string, user: string) => {
    const name = user.split(":", 1)[0];
    return /^https?:/i.test(scheme) || !name ? scheme : `${scheme}${name}@`;
  });
}

/** Equal for two spellings of the same remote: `git@host:a/b.git` and `https://host/a/b`. */
export function normalisedUrl(url: string): string {
  const scp = /^(?:[\w.-]+@)?([\w.-]+):(?!\/\/)(.+)$/.exec(url);
  const rest = scp ? `${scp[1]}/${scp[2]}` : url.replace(/^[a-z+]+:\/\//i, "").replace(/^[^/@]*@/, "");
  return rest
    .replace(/:\d+\//, "/")
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .toLowerCase();
}

function badUrl(message: string): Error {
  return usageError(message, { hint: "gt rig add <name> https://github.com/<owner>/<repo>.git" });
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
