import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { baseFile, overrideFile, readHooks } from "../../../agents/hooks/user-hooks.ts";
import { sanitise } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { openEditor } from "../open-editor.ts";

const empty = `${JSON.stringify({ hooks: {} }, null, 2)}\n`;

/** `gt hooks base` and `gt hooks override <target>` (spec/03 §4.7). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags, env, args } = context;
  const isBase = context.words.at(-1) === "base";
  const file = isBase ? baseFile(env) : overrideFile(env, await context.town(), args[0] ?? "");
  if (flags.boolean("show")) {
    out.document({ file, present: existsSync(file), hooks: existsSync(file) ? readHooks(file) : [] });
    out.line(existsSync(file) ? sanitise(readFileSync(file, "utf8")).trimEnd() : `(no ${file})`);
    return;
  }
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, empty, { mode: 0o600 });
  }
  for (;;) {
    openEditor(file, env);
    try {
      const hooks = readHooks(file);
      out.document({ file, hooks });
      out.done(`${file}: ${hooks.length} hook${hooks.length === 1 ? "" : "s"}`);
      out.next("gt hooks sync");
      return;
    } catch (error) {
      out.warn(error instanceof Error ? error.message : String(error));
      if (!(await context.confirm({ text: "edit again? (no leaves the file as it is)" }))) throw error;
    }
  }
}
