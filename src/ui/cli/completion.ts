import { usageError } from "../../core/gt-error.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import type { CommandContext } from "./command.ts";
import { completionScript, type Shell } from "./completion-script.ts";

/** `completion bash|zsh|fish`: prints the script; no file is written (spec/07 §6.8). */
export async function run({ args, out, program }: CommandContext): Promise<void> {
  const shell = args[0] ?? "";
  if (!isShell(shell)) {
    throw usageError(`no completion for "${sanitiseLine(shell)}"`, {
      why: ["shells: bash, zsh, fish"],
      hint: `${program.name} completion bash`,
    });
  }
  out.raw(completionScript(program.name, shell));
}

function isShell(text: string): text is Shell {
  return text === "bash" || text === "zsh" || text === "fish";
}
