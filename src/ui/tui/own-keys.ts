import type { Binding } from "./binding.ts";

const modifier = /^(?:ctrl|alt)-./;
const named = [
  "enter",
  "escape",
  "space",
  "tab",
  "shift-tab",
  "up",
  "down",
  "left",
  "right",
  "home",
  "end",
  "pageup",
  "pagedown",
  "backspace",
  "delete",
];

/**
 * The keymap with the person's own keys (setting `tui.keys`: a key, or a list of keys, by action). What cannot be used is
 * left out and said: an unknown action, a key that is none, a key that already means something in the same place.
 */
export function withOwnKeys(
  keymap: readonly Binding[],
  own: Readonly<Record<string, unknown>>,
): { readonly bindings: readonly Binding[]; readonly problems: readonly string[] } {
  let bindings = keymap;
  const problems: string[] = [];
  for (const [action, value] of Object.entries(own)) {
    const keys: readonly unknown[] = Array.isArray(value) ? value : [value];
    const problem = keys.every(isKey)
      ? obstacle(bindings, action, keys)
      : `a key is a character, a name such as pagedown, or ctrl- or alt- and one of them`;
    if (problem !== undefined) problems.push(`setting tui.keys.${action} is not used: ${problem}`);
    else
      bindings = bindings.map((binding) =>
        binding.action === action ? { ...binding, keys: keys as readonly string[] } : binding,
      );
  }
  return { bindings, problems };
}

function obstacle(bindings: readonly Binding[], action: string, keys: readonly string[]): string | undefined {
  const places = bindings.filter((binding) => binding.action === action).map(({ place }) => place);
  if (places.length === 0) return `no action has this name`;
  if (action === "leavePane" && keys.some((key) => !modifier.test(key)))
    return `it must be ctrl- or alt- and a key: every other key is typed into the session`;
  const taken = bindings.find(
    (binding) =>
      binding.action !== action &&
      binding.when === undefined &&
      places.includes(binding.place) &&
      binding.keys.some((key) => keys.includes(key)),
  );
  return taken && `${keys.find((key) => taken.keys.includes(key))} is the key of ${taken.action}`;
}

function isKey(value: unknown): value is string {
  if (typeof value !== "string") return false;
  const plain = value.replace(/^(?:ctrl|alt)-(?=.)/, "");
  return named.includes(value) || named.includes(plain) || /^[!-~]$/.test(plain);
}
