import { keymap, type Place, showKey } from "./keymap.ts";

const places: readonly (readonly [Place, string])[] = [
  ["anywhere", "Everywhere but in a session that is typed into"],
  ["agents", "Agents"],
  ["convoys", "Convoys"],
  ["feed", "Feed"],
  ["list", "Every list"],
  ["problems", "Problems"],
  ["beads", "Beads"],
  ["convoy", "Convoy"],
  ["queue", "Merge queue"],
  ["log", "Log"],
  ["type", "A session that is typed into: every other byte goes to it"],
  ["look", "A session that is looked at"],
];

/** docs/keys.md, made from the table that the key handler, the footer and the help use. */
export function keysDocument(): string {
  const sections = places.flatMap(([place, title]) => {
    const rows = keymap.filter((binding) => binding.place === place && binding.help !== "");
    if (rows.length === 0) return [];
    const lines = rows.map(({ keys, help }) => {
      const shown = keys.map((key) => `\`${showKey(key, { isAscii: false })}\``).join(" ");
      return `| ${shown} | ${help.replaceAll("|", "\\|")} |`;
    });
    return [`## ${title}`, "", "| key | what it does |", "| --- | --- |", ...lines, ""];
  });
  return [
    "# Keys of the terminal UI",
    "",
    "Made from `src/ui/tui/keymap.ts`: `npm run docs`.",
    "",
    ...sections,
  ].join("\n");
}
