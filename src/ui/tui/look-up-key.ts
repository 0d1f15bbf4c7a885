import type { Binding, Place } from "./binding.ts";
import type { TuiState } from "./store/state.ts";

/** The places that the state is in, the nearest first. */
function placesOf(state: TuiState): readonly Place[] {
  const { focus } = state;
  if ("pane" in focus) return focus.mode === "type" ? ["type"] : ["look", "anywhere"];
  return [focus.panel, "list", "anywhere"];
}

/** What a key does here. */
export function bindingFor(bindings: readonly Binding[], state: TuiState, key: string): Binding | undefined {
  for (const place of placesOf(state)) {
    const found = bindings.find(
      (binding) => binding.place === place && binding.keys.includes(key) && isOn(binding, state),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The keys that work now, in the order of the table. */
export function bindingsHere(bindings: readonly Binding[], state: TuiState): readonly Binding[] {
  const places = placesOf(state);
  return bindings.filter((binding) => places.includes(binding.place) && isOn(binding, state));
}

function isOn({ when }: Binding, state: TuiState): boolean {
  return when === undefined || when(state);
}

const shownKeys: Readonly<Record<string, string>> = {
  enter: "↵",
  escape: "Esc",
  space: "Space",
  tab: "Tab",
  "shift-tab": "Shift-Tab",
  up: "↑",
  down: "↓",
  left: "←",
  right: "→",
  pageup: "PgUp",
  pagedown: "PgDn",
  home: "Home",
  end: "End",
};

/** `ctrl-d` as `Ctrl-d`, `enter` as `↵`. */
export function showKey(key: string, options: { readonly isAscii: boolean }): string {
  if (options.isAscii && key === "enter") return "Enter";
  if (options.isAscii && shownKeys[key] !== undefined && shownKeys[key].length === 1 && key.length > 1)
    return key;
  return shownKeys[key] ?? key.replace(/^ctrl-/, "Ctrl-").replace(/^alt-/, "Alt-");
}
