import type { ConvoyParts, Leg } from "./formula.ts";
import { namesHint, type ProblemLog } from "./problem.ts";

/** The legs of a run: those named, else those of the preset, of the default preset, or all (spec/02 §12.2). */
export function chooseLegs(
  parts: ConvoyParts,
  wish: { readonly legs: readonly string[]; readonly preset?: string | undefined },
  log: ProblemLog,
): readonly Leg[] {
  const preset = wish.preset ?? parts.defaultPreset;
  if (wish.preset !== undefined && !parts.presets.has(wish.preset)) {
    log.add("F038", "presets", `unknown preset "${wish.preset}"`, {
      fix: namesHint(wish.preset, [...parts.presets.keys()], "preset"),
    });
    return [];
  }
  const chosen = preset === undefined ? undefined : parts.presets.get(preset)?.legs;
  const names = wish.legs.length > 0 ? wish.legs : (chosen ?? parts.legs.map(({ id }) => id));
  const known = parts.legs.map(({ id }) => id);
  for (const name of names)
    if (!known.includes(name))
      log.add("F038", "legs", `unknown leg "${name}"`, { fix: namesHint(name, known, "leg") });
  return parts.legs.filter(({ id }) => names.includes(id));
}
