import { spawnSync } from "node:child_process";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";

/** `bd mail ...` runs `gt mail ...`, or what `BEADS_MAIL_DELEGATE` names (spec/01 §10.7). */
export async function run(context: CommandContext): Promise<number> {
  const { env, cwd, args, rest, json, out } = context;
  const [program = "gt", ...words] = (env["BEADS_MAIL_DELEGATE"] || "gt mail").trim().split(/\s+/);
  out.flush();
  const result = spawnSync(program, [...words, ...args, ...rest, ...(json ? ["--json"] : [])], {
    cwd,
    env,
    stdio: "inherit",
  });
  if (result.error !== undefined) {
    throw new GtError("E_PREREQ", `${program} cannot be started`, {
      hint: "npm install -g gastown",
      cause: result.error,
    });
  }
  return result.status ?? 1;
}
