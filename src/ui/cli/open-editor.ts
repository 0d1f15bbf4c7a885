import { spawnSync } from "node:child_process";
import { GtError } from "../../core/gt-error.ts";
import { sanitiseLine } from "../../core/sanitise.ts";

/** Opens the file in the person's editor and waits until it is closed. Throws `E_FAILED` when the editor does. */
export function openEditor(file: string, env: NodeJS.ProcessEnv): void {
  const editor = env["VISUAL"] || env["EDITOR"] || "vi";
  // An editor may come with arguments, as in `code --wait`; the file is handed over apart from the shell's words.
  const { status, error } = spawnSync("sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit" });
  if (status === 0) return;
  throw new GtError("E_FAILED", `the editor "${sanitiseLine(editor)}" failed`, {
    hint: "export EDITOR=vi",
    cause: error,
  });
}
