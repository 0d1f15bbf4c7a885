import type { Place } from "./binding.ts";
import { keymap } from "./keymap.ts";
import { showKey } from "./look-up-key.ts";

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
  ["inbox", "Inbox"],
  ["log", "Log"],
  ["type", "A session that is typed into: every other byte goes to it"],
  ["look", "A session that is looked at"],
];

/** docs/keys.md, made from the table that the key handler, the footer and the help use. */
export function keysDocument(): string {
  const sections = places.flatMap(([place, title]) => {
    const rows = keymap.filter((binding) => binding.place === place && binding.help !== "");
    if (rows.length === 0) return [];
    const lines = rows.map(({ action, keys, help }) => {
      const shown = keys.map((key) => `\`${showKey(key, { isAscii: false })}\``).join(" ");
      return `| ${shown} | ${help.replaceAll("|", "\\|")} | \`${action}\` |`;
    });
    return [`## ${title}`, "", "| key | what it does | action |", "| --- | --- | --- |", ...lines, ""];
  });
  return [
    "# Keys of the terminal UI",
    "",
    "Made from `src/ui/tui/keymap.ts`: `npm run docs`.",
    "",
    "Other keys for an action: `gt config set tui.keys.<action> <key>`, e.g. `gt config set tui.keys.handoff H`. A key is a",
    "character, a name (`enter`, `pagedown`, ...), or `ctrl-` or `alt-` and one of them. What cannot be used is said at the start.",
    "",
    ...sections,
  ].join("\n");
}
