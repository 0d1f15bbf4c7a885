import type { CommandContext, CommandSpec } from "./command.ts";
import { findCommand, unknownCommand } from "./find-command.ts";
import { helpText } from "./help.ts";

/** `<program> help [command...]`. */
export async function run({ program, args, flags, out }: CommandContext): Promise<void> {
  const path: CommandSpec[] = [];
  for (const word of args) {
    const level = path.length === 0 ? program.commands : (path.at(-1)?.subcommands ?? []);
    const found = findCommand(level, word);
    if (found === undefined) throw unknownCommand(program, path, word);
    path.push(found);
  }
  out.page();
  out.raw(helpText(program, path, { style: out.style, width: out.width, all: flags.boolean("all") }));
}
