import { userInfo } from "node:os";
import { askGit } from "../git/git.ts";

/** The human of a town, as `mayor/overseer.json` holds it (spec/07 §4.4). */
export interface Overseer {
  readonly name: string;
  readonly email: string;
  readonly username: string;
  readonly source: "git-config" | "environment" | "given";
}

/** Who sits here, as git knows it; undefined when git knows nobody, because then nobody could commit either. */
export async function detectOverseer(
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<Overseer | undefined> {
  const [name, email] = await Promise.all([
    identityPart(directory, "user.name", env["GIT_AUTHOR_NAME"]),
    identityPart(directory, "user.email", env["GIT_AUTHOR_EMAIL"]),
  ]);
  if (name === "" || email === "") return undefined;
  return { name, email, username: username(env), source: "git-config" };
}

/** git lets the environment win over its configuration. */
async function identityPart(
  directory: string,
  key: string,
  fromEnvironment: string | undefined,
): Promise<string> {
  if (fromEnvironment) return fromEnvironment;
  const { exitCode, stdout } = await askGit(directory, ["config", "--get", key]);
  return exitCode === 0 ? stdout.trim() : "";
}

export function username(env: NodeJS.ProcessEnv): string {
  if (env["USER"]) return env["USER"];
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in the password file, as in many containers.
    return "overseer";
  }
}
