import type { CommandSpec } from "./command.ts";

/** The same in both programs (spec/07 §6.8). */
export function completionCommands(program: "gt" | "bd"): readonly CommandSpec[] {
  return [
    {
      name: "completion",
      group: "config",
      summary: "completion script for a shell",
      description: "Prints the script; nothing is written. Source it from the shell's start file.",
      args: [{ name: "shell" }],
      examples: [`source <(${program} completion bash)`, `${program} completion fish | source`],
      load: () => import("./completion.ts"),
    },
    {
      name: "__complete",
      hidden: true,
      lenient: true,
      summary: "what can stand where a word is being typed",
      args: [{ name: "word", optional: true, many: true }],
      load: () => import("./complete.ts"),
    },
  ];
}
