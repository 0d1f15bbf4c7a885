import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { askGit } from "../../core/git/git.ts";
import { packageRoot } from "../../core/package-root.ts";

/** Programs that stand in for a project's git hooks, each of which runs the project's own (bin/git-hook). */
const standIns = (): string => join(packageRoot(), "dist", "git-hooks");

/** Hooks that git runs so often that each would feel ours on the way to it: where a project has one, ours stay away. */
const frequent = ["reference-transaction", "post-index-change"];

/** Whether git may be given our hooks where an agent works without losing one of the project's (spec/05 §5.5). */
export async function canGuardPushes(home: string | undefined): Promise<boolean> {
  if (!existsSync(standIns())) return false;
  if (home === undefined || !existsSync(join(home, ".git"))) return true;
  const { exitCode, stdout } = await askGit(home, ["rev-parse", "--git-path", "hooks"]);
  const hooks = resolve(home, stdout.trim());
  return exitCode === 0 && !frequent.some((name) => existsSync(join(hooks, name)));
}

/**
 * The environment with our hooks in it, behind what it configures for git already. Only this session's git sees them: no
 * repository's configuration is touched, and git hides them from a remote on the same machine.
 */
export function withPushGuard(env: Readonly<Record<string, string>>): Record<string, string> {
  const count = Number(env["GIT_CONFIG_COUNT"] ?? 0);
  if (!Number.isInteger(count) || count < 0) return { ...env };
  const path = standIns();
  const isThere = Array.from({ length: count }, (_, index) => env[`GIT_CONFIG_VALUE_${index}`]).includes(
    path,
  );
  if (isThere) return { ...env };
  return {
    ...env,
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: "core.hooksPath",
    [`GIT_CONFIG_VALUE_${count}`]: path,
  };
}
