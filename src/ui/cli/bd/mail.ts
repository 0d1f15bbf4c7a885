import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../../core/package-root.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";

/** `bd mail ...` runs `gt mail ...`, or what `BEADS_MAIL_DELEGATE` names (spec/01 §10.7). */
export async function run(context: CommandContext): Promise<number> {
  const { env, cwd, args, rest, json, out } = context;
  const delegate = (env["BEADS_MAIL_DELEGATE"] ?? "").trim();
  // Our own gt is the one beside this program, whatever PATH finds.
  const [program = "", ...words] =
    delegate === "" ? [process.execPath, join(packageRoot(), "bin", "gt"), "mail"] : delegate.split(/\s+/);
  out.flush();
  const result = spawnSync(program, [...words, ...args, ...rest, ...(json ? ["--json"] : [])], {
    cwd,
    env,
    stdio: "inherit",
  });
  if (result.error !== undefined) {
    throw new GtError("E_PREREQ", `${program} cannot be started`, {
      hint: "unset BEADS_MAIL_DELEGATE",
      cause: result.error,
    });
  }
  return result.status ?? 1;
}
