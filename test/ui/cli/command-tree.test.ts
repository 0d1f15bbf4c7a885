import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bdProgram } from "../../../src/ui/cli/bd-program.ts";
import type { CommandSpec } from "../../../src/ui/cli/command.ts";
import { commandReference } from "../../../src/ui/cli/command-reference.ts";
import { gtProgram } from "../../../src/ui/cli/gt-program.ts";

function walk(
  level: readonly CommandSpec[],
  parents: readonly string[] = [],
): readonly (readonly [string, CommandSpec])[] {
  return level.flatMap((command) => {
    const words = [...parents, command.name];
    return [[words.join(" "), command] as const, ...walk(command.subcommands ?? [], words)];
  });
}

it("docs/commands.md says what the tree says (npm run docs)", () => {
  const written = readFileSync(join(import.meta.dirname, "../../../docs/commands.md"), "utf8");
  expect(written === commandReference([gtProgram, bdProgram])).toBe(true);
});

describe.each([gtProgram, bdProgram])("$name", (program) => {
  const commands = walk(program.commands);

  it("has no two commands of one name or alias on a level", () => {
    const levels = [
      program.commands,
      ...commands.flatMap(([, command]) => (command.subcommands ? [command.subcommands] : [])),
    ];
    for (const level of levels) {
      const names = level.flatMap((command) => [command.name, ...(command.aliases ?? [])]);
      expect(names).toEqual([...new Set(names)]);
    }
  });

  it("explains each command in one line, and shows how to type it", () => {
    const hasExamples = (command: CommandSpec): boolean =>
      (command.examples ?? []).length > 0 || (command.subcommands ?? []).some(hasExamples);
    for (const command of program.commands.filter((one) => !one.hidden)) {
      expect([command.name, hasExamples(command)]).toEqual([command.name, true]);
    }
    for (const [words, { summary, load, subcommands }] of commands) {
      expect([words, /^[a-z`$#].*[^.]$/i.test(summary)]).toEqual([words, true]);
      expect([words, load !== undefined || subcommands !== undefined]).toEqual([words, true]);
    }
  });

  it("gives no flag of a command two meanings", () => {
    for (const [words, { flags = [] }] of commands) {
      const names = flags.flatMap((flag) => [
        flag.name,
        ...(flag.short ? [flag.short] : []),
        ...(flag.aliases ?? []),
      ]);
      expect([words, names.length]).toEqual([words, new Set(names).size]);
    }
  });

  it("can load every command", async () => {
    for (const [words, { load }] of commands) {
      if (load === undefined) continue;
      const { run } = await load();
      expect([words, typeof run]).toEqual([words, "function"]);
    }
  });
});
