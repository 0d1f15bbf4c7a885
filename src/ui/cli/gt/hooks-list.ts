import { managedFiles } from "../../../agents/hooks/managed-files.ts";
import { baseFile, countOverrides } from "../../../agents/hooks/user-hooks.ts";
import { existsSync } from "node:fs";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt hooks list` (spec/03 §4.7). */
export async function run(context: CommandContext): Promise<void> {
  const { out, env } = context;
  const files = await managedFiles(await context.town(), await context.ledger(), env);
  const base = { path: baseFile(env), present: existsSync(baseFile(env)) };
  out.document({
    targets: files.map(({ target, provider, file, status, overrides, problem }) => ({
      ...{ target, provider, file, status, overrides },
      ...(problem === undefined ? {} : { problem }),
    })),
    base,
    overrides: countOverrides(env),
  });
  if (files.length === 0) out.line("No agent runs a CLI with hooks yet.");
  else
    out.table(
      ["TARGET", "RUNTIME", "STATUS", "YOURS", "FILE"],
      files.map(({ target, provider, status, overrides, file, problem }) => [
        sanitiseLine(target),
        provider,
        status,
        overrides.join(", "),
        sanitiseLine(problem ?? file),
      ]),
    );
  out.line(`Base config: ${base.path} (${base.present ? "present" : "default"})`);
  out.line(`Overrides: ${countOverrides(env)}`);
}
