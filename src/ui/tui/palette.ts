import { bdTree } from "../cli/bd-tree.ts";
import type { CommandSpec } from "../cli/command.ts";
import type { TuiState } from "./store/state.ts";

/** One line of the palette: what Tab puts into the line, and what it is. */
export interface PaletteEntry {
  readonly insert: string;
  readonly note: string;
}

const mostEntries = 50;

/** What the typed line may become: commands while the command is being typed, then ids, agents and rigs. */
export function paletteEntries(state: TuiState, text: string): readonly PaletteEntry[] {
  const command = commandOf(text, state.commands);
  if (command === undefined)
    return ranked(allCommands(state.commands), text, (entry) => `${entry.insert} ${entry.note}`);
  const start = text.lastIndexOf(" ") + 1;
  const word = text.slice(start);
  const words = word.startsWith("-") ? flagsOf(command) : thingsOf(state);
  return ranked(words, word, (entry) => `${entry.insert} ${entry.note}`).map((entry) => ({
    ...entry,
    insert: `${text.slice(0, start)}${entry.insert}`,
  }));
}

/** The command that the line names in full and has gone past, or undefined. */
export function commandOf(text: string, gtCommands: readonly CommandSpec[]): CommandSpec | undefined {
  const words = text.trimStart().split(/\s+/);
  const program = words[0] === "bd" ? bdTree : gtCommands;
  const rest = words[0] === "bd" || words[0] === "gt" ? words.slice(1) : words;
  let specs: readonly CommandSpec[] | undefined = program;
  let found: CommandSpec | undefined;
  // The last word is still being typed.
  for (const word of rest.slice(0, -1)) {
    const next: CommandSpec | undefined = specs?.find(
      (spec) => spec.name === word || spec.aliases?.includes(word) === true,
    );
    if (next === undefined) break;
    found = next;
    specs = next.subcommands;
  }
  return specs === undefined || specs.length === 0 ? found : undefined;
}

function allCommands(gtCommands: readonly CommandSpec[]): readonly PaletteEntry[] {
  return [...leaves(gtCommands, "gt"), ...leaves(bdTree, "bd")];
}

function leaves(specs: readonly CommandSpec[], before: string): readonly PaletteEntry[] {
  return specs.flatMap((spec) => {
    if (spec.hidden === true) return [];
    const name = `${before} ${spec.name}`;
    const own = spec.load === undefined ? [] : [{ insert: `${name} `, note: spec.summary }];
    return [...own, ...leaves(spec.subcommands ?? [], name)];
  });
}

function flagsOf(command: CommandSpec): readonly PaletteEntry[] {
  return (command.flags ?? [])
    .filter((flag) => flag.hidden !== true)
    .map((flag) => ({ insert: `--${flag.name} `, note: flag.summary }));
}

/** Everything of the town that a command may be about. */
function thingsOf({ town }: TuiState): readonly PaletteEntry[] {
  const beads = new Map<string, string>();
  for (const agent of town.agents) if (agent.bead !== "") beads.set(agent.bead, agent.title);
  for (const convoy of town.convoys) for (const bead of convoy.tracked) beads.set(bead.id, bead.title);
  for (const bead of town.beads) beads.set(bead.id, bead.title);
  const entries = [
    ...town.agents.map(({ address, health }) => ({ insert: address, note: `agent, ${health}` })),
    ...town.rigs.map((rig) => ({ insert: rig, note: "rig" })),
    ...town.convoys.map(({ id, title }) => ({ insert: id, note: `convoy: ${title}` })),
    ...[...beads].map(([id, title]) => ({ insert: id, note: title })),
    ...town.queue.map(({ id, branch }) => ({ insert: id, note: `merge request: ${branch}` })),
  ];
  return entries.map((entry) => ({ ...entry, insert: `${entry.insert} ` }));
}

function ranked(
  entries: readonly PaletteEntry[],
  wanted: string,
  textOf: (entry: PaletteEntry) => string,
): readonly PaletteEntry[] {
  return entries
    .map((entry) => ({ entry, score: fuzzyScore(textOf(entry), wanted) }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score)
    .slice(0, mostEntries)
    .map(({ entry }) => entry);
}

/**
 * How well the letters of `wanted` are found, in order, in `text`; 0 when they are not. Letters that follow each other
 * or begin words count more, and so do early ones.
 */
export function fuzzyScore(text: string, wanted: string): number {
  const letters = wanted.toLowerCase().replace(/\s+/g, "");
  const place = text.toLowerCase();
  let score = 1;
  let at = -1;
  for (const letter of letters) {
    const next = place.indexOf(letter, at + 1);
    if (next === -1) return 0;
    if (next === at + 1) score += 8;
    if (next === 0 || /[\s/_-]/.test(place[next - 1] ?? "")) score += 6;
    score += Math.max(0, 3 - next / 20);
    at = next;
  }
  return score;
}
