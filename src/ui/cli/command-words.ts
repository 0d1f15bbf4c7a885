import type { CommandSpec } from "./command.ts";

/** Words of every command that can be run or has members, depth first: `rig`, `rig add`, ... Hidden ones are left out. */
export function commandWords(
  level: readonly CommandSpec[],
  parents: readonly string[] = [],
): readonly string[] {
  return level
    .filter((command) => !command.hidden)
    .flatMap((command) => {
      const words = [...parents, command.name];
      return [words.join(" "), ...commandWords(command.subcommands ?? [], words)];
    });
}
