import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { GtError } from "../../../core/gt-error.ts";
import { withLock } from "../../../core/lock/lock.ts";
import { settingsFile } from "../../../core/town/change-settings.ts";
import { isObject, type JsonObject, parseJsonObject } from "../../../core/town/json-file.ts";
import { isAcceptable } from "../../../core/town/setting-keys.ts";
import { writeFileAtomic } from "../../../core/town/write-file.ts";
import type { CommandContext } from "../command.ts";
import { openEditor } from "../open-editor.ts";

/** `gt config edit`: a copy in the editor, checked when it is closed, then put in place (spec/07 §6.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out, env } = context;
  const town = await context.town();
  const file = settingsFile(town, context.flags.string("rig"));
  const before = readOptional(file);
  const directory = mkdtempSync(join(tmpdir(), "gt-config-"));
  context.onEnd(() => rmSync(directory, { recursive: true, force: true }));
  const copy = join(directory, basename(file));
  writeFileSync(copy, before ?? "{}\n", { mode: 0o600 });
  for (;;) {
    openEditor(copy, env);
    const text = readFileSync(copy, "utf8");
    if (text === before) {
      out.line("Nothing changed.");
      return;
    }
    const problems = problemsIn(text, file);
    if (problems.length === 0) {
      const lock = { waitMs: 10_000, kind: "config", subject: "the settings" };
      await withLock(town.paths.locks, "config", lock, async () => {
        if (readOptional(file) !== before) {
          throw new GtError("E_CONFLICT", `${file} was changed meanwhile`, {
            why: ["your version is not written; the editor's copy is gone with this command"],
            hint: "gt config edit",
          });
        }
        await writeFileAtomic(file, text);
      });
      out.done(`wrote ${file}`);
      return;
    }
    for (const problem of problems) out.warn(problem);
    if (!(await context.confirm({ text: "edit again? (no discards your changes)" }))) return;
  }
}

/** What would be refused by `gt config set`, each with its key. */
function problemsIn(text: string, file: string): readonly string[] {
  let content: JsonObject;
  try {
    content = parseJsonObject(text, file);
  } catch (error) {
    return [(error as GtError).message];
  }
  return problemsAt(content, "");
}

function problemsAt(content: JsonObject, path: string): readonly string[] {
  return Object.entries(content).flatMap(([key, value]) => {
    const full = path === "" ? key : `${path}.${key}`;
    const verdict = isAcceptable(full, value);
    if (verdict !== true) return [`${full} is ${JSON.stringify(value)}, expected ${verdict}`];
    return isObject(value) ? problemsAt(value, full) : [];
  });
}

function readOptional(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
