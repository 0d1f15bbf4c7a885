import { spawnSync } from "node:child_process";

/** Shows long text through the person's pager (spec/07 §1.7); false when it could not be started. */
export function page(text: string, env: NodeJS.ProcessEnv): boolean {
  const command = env["GT_PAGER"] || env["PAGER"] || "less -FRX";
  // The person's own setting may hold flags and pipes; it is theirs to run in a shell.
  const result = spawnSync("/bin/sh", ["-c", command], {
    input: text,
    stdio: ["pipe", "inherit", "inherit"],
    env: { LESSCHARSET: "utf-8", ...env },
  });
  return result.error === undefined && result.status !== 127 && result.status !== 126;
}
