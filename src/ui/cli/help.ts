import type { ArgumentSpec, CommandGroup, CommandSpec, FlagSpec, Program } from "./command.ts";
import { cells } from "./standard-output.ts";
import type { Style } from "./style.ts";

export interface HelpOptions {
  readonly style: Style;
  readonly width: number | undefined;
  /** Hidden commands and flags too. */
  readonly all: boolean;
}

/** Headings of the command groups, in the order of the help (spec/07 §1.3). */
export const groupHeadings: readonly (readonly [CommandGroup, string])[] = [
  ["work", "Work Management"],
  ["agents", "Agent Management"],
  ["comm", "Communication"],
  ["services", "Services"],
  ["workspace", "Workspace"],
  ["config", "Configuration"],
  ["diag", "Diagnostics"],
];

/** Help of a program (empty path) or of one command. Touches neither town nor ledger (spec/07 §1.3). */
export function helpText(program: Program, path: readonly CommandSpec[], options: HelpOptions): string {
  const lines = path.length === 0 ? programHelp(program, options) : commandHelp(program, path, options);
  return `${lines.join("\n")}\n`;
}

function programHelp(program: Program, options: HelpOptions): readonly string[] {
  const { style } = options;
  const shown = program.commands.filter((command) => options.all || !command.hidden);
  const lines = [
    program.summary,
    "",
    style.bold("Usage:"),
    `  ${program.name} [global flags] <command> [subcommand...] [args] [flags]`,
  ];
  for (const [group, heading] of groupHeadings) {
    const members = shown.filter((command) => (command.group ?? "work") === group);
    if (members.length > 0) lines.push("", style.bold(`${heading}:`), ...commandList(members, options));
  }
  lines.push("", style.bold("Global flags:"), ...flagList(program.globalFlags, options), "");
  if (program.name === "gt") lines.push("gt                  opens the terminal UI");
  lines.push(`${program.name} help <command>   says more about a command`);
  return lines;
}

function commandHelp(
  program: Program,
  path: readonly CommandSpec[],
  options: HelpOptions,
): readonly string[] {
  const { style } = options;
  const command = path.at(-1);
  if (command === undefined) return [];
  const words = [program.name, ...path.map((part) => part.name)].join(" ");
  const lines = [style.bold("Usage:"), ...usageLines(words, command).map((line) => `  ${line}`)];
  lines.push("", ...wrap(`${command.description ?? sentence(command.summary)}`, textWidth(options)));
  if (command.aliases?.length) lines.push("", style.bold("Aliases:"), `  ${command.aliases.join(", ")}`);
  const children = (command.subcommands ?? []).filter((child) => options.all || !child.hidden);
  if (children.length > 0) lines.push("", style.bold("Subcommands:"), ...commandList(children, options));
  const flags = (command.flags ?? []).filter((flag) => options.all || !flag.hidden);
  if (flags.length > 0) lines.push("", style.bold("Flags:"), ...flagList(flags, options));
  const examples = command.examples ?? [];
  if (examples.length > 0) lines.push("", style.bold("Examples:"), ...examples.map((one) => `  ${one}`));
  if (command.seeAlso?.length) lines.push("", style.bold("See also:"), `  ${command.seeAlso.join(", ")}`);
  lines.push("", `Global flags: ${program.name} --help`);
  return lines;
}

/** The shapes in which a command can be typed. */
export function usageLines(words: string, command: CommandSpec): readonly string[] {
  const flags = (command.flags ?? []).some((flag) => !flag.hidden) ? " [flags]" : "";
  const args = (command.args ?? []).map((argument) => ` ${argumentText(argument)}`).join("");
  const own = command.load === undefined ? [] : [`${words}${args}${flags}`];
  return command.subcommands === undefined ? own : [...own, `${words} <subcommand>`];
}

function argumentText({ name, optional, many }: ArgumentSpec): string {
  const dots = many ? "..." : "";
  return optional ? `[${name}${dots}]` : `<${name}>${dots}`;
}

function commandList(commands: readonly CommandSpec[], options: HelpOptions): readonly string[] {
  const sorted = [...commands].sort((a, b) => (a.name < b.name ? -1 : 1));
  return twoColumns(
    sorted.map((command) => [command.name, command.summary]),
    options,
  );
}

function flagList(flags: readonly FlagSpec[], options: HelpOptions): readonly string[] {
  const shown = flags.filter((flag) => options.all || !flag.hidden);
  return twoColumns(
    shown.map((flag) => [flagText(flag), flagSummary(flag)]),
    options,
  );
}

/** `-n, --limit <count>`. */
export function flagText(flag: FlagSpec): string {
  const short = flag.short === undefined ? "    " : `-${flag.short}, `;
  const value = flag.alone === undefined ? ` <${flag.value}>` : ` [${flag.value}]`;
  return `${short}--${flag.name}${flag.value === undefined ? "" : value}`;
}

/** What it does, its possible values and its default. */
export function flagSummary(flag: FlagSpec): string {
  const choices = flag.choices === undefined ? "" : `: ${flag.choices.join(", ")}`;
  const fallback = flag.default === undefined ? "" : ` (default ${flag.default})`;
  return `${flag.summary}${choices}${fallback}`;
}

function twoColumns(rows: readonly (readonly [string, string])[], options: HelpOptions): readonly string[] {
  const left = Math.min(34, Math.max(0, ...rows.map(([name]) => cells(name))));
  return rows.flatMap(([name, text]) => {
    const [first = "", ...others] = wrap(text, Math.max(30, textWidth(options) - left - 4));
    const indent = " ".repeat(left + 4);
    const isLong = cells(name) > left;
    const head = isLong ? [`  ${name}`, `${indent}${first}`] : [`  ${name.padEnd(left)}  ${first}`];
    return [...head.map((line) => line.trimEnd()), ...others.map((line) => `${indent}${line}`)];
  });
}

function textWidth(options: HelpOptions): number {
  return Math.min(options.width ?? 100, 100);
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

/** Words filled into lines; line breaks of the text stay. */
function wrap(text: string, width: number): readonly string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line !== "" && cells(line) + 1 + cells(word) > width) {
        lines.push(line);
        line = word;
      } else line = line === "" ? word : `${line} ${word}`;
    }
    return [...lines, line];
  });
}
