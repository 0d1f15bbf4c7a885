import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { mkdir, writeFile } from "node:fs/promises";
import { tryCook } from "../../../core/formulas/cook.ts";
import {
  findOverlay,
  overlaidFormulas,
  overlayFile,
  type OverlayPlace,
  overlayPlaces,
} from "../../../core/formulas/find-overlay.ts";
import { applyOverlay } from "../../../core/formulas/overlay.ts";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { libraryOf, rigIfAny, tellingProblems } from "./formula-context.ts";

/** `gt formula overlay show`: the overlay that counts (spec/02 §6.4). */
export function show(context: CommandContext): Promise<number | undefined> {
  return tellingProblems(context, async () => {
    const { out, args } = context;
    const [formula = ""] = args;
    const places = await placesOf(context);
    const found = findOverlay(places, formula);
    const checked = places.map((place) => overlayFile(place, formula));
    out.document({
      formula,
      source: found?.path ?? null,
      scope: found?.place.scope ?? null,
      count: found?.overrides.length ?? 0,
      overrides: (found?.overrides ?? []).map(({ stepId, mode, description }) => ({
        step_id: stepId,
        mode,
        description,
      })),
      checked,
    });
    if (found === undefined) {
      out.line(`no overlay for ${sanitiseLine(formula)}`);
      for (const path of checked) out.line(`  looked for ${path}`);
      return;
    }
    const count = found.overrides.length;
    out.line(`${found.path} (${found.place.scope}, ${count} ${count === 1 ? "override" : "overrides"})\n`);
    out.line(sanitise(found.text.trimEnd()));
  });
}

/** `gt formula overlay list`. */
export async function list(context: CommandContext): Promise<void> {
  const { out } = context;
  const town = await context.town();
  const named = context.flags.string("rig");
  const rigs = named === undefined ? town.rigs() : [town.rig(named)];
  const places = [
    ...overlayPlaces(town, undefined),
    ...rigs.flatMap((rig) => overlayPlaces(town, rig).slice(0, 1)),
  ];
  const found = places.flatMap((place) =>
    overlaidFormulas(place).map((formula) => ({
      scope: place.scope,
      rig: place.rig || null,
      formula,
      path: overlayFile(place, formula),
    })),
  );
  out.document(found);
  for (const { scope, rig, formula, path } of found)
    out.line(`${(rig ?? scope).padEnd(16)} ${formula.padEnd(28)} ${path}`);
  if (found.length === 0) out.line("no overlays: gt formula overlay edit <formula>");
}

/** `gt formula overlay edit`: opens it in the editor, new ones with an explanation, and checks it afterwards. */
export function edit(context: CommandContext): Promise<number | undefined> {
  return tellingProblems(context, async () => {
    const { out, args, env } = context;
    const library = await libraryOf(context);
    const file = library.require(args[0] ?? "");
    const [place] = await placesOf(context, "named");
    if (place === undefined) return 1;
    const path = overlayFile(place, file.name);
    const steps = tryCook(file, library, { mode: "compile" }).proto?.steps ?? [];
    if (!existsSync(path)) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(
        path,
        skeleton(
          file.name,
          steps.map(({ id }) => id),
        ),
      );
    }
    const { openEditor } = await import("../open-editor.ts");
    openEditor(path, env);
    const overlay = findOverlay([place], file.name);
    const { stale } = applyOverlay(steps, overlay?.overrides ?? [], (text) => text);
    for (const id of stale) out.warn(`stale override: ${file.name} has no step "${sanitiseLine(id)}"`);
    out.document({ ok: true, path, overrides: overlay?.overrides.length ?? 0, stale });
    out.done(`${path}: ${overlay?.overrides.length ?? 0} overrides`);
    return 0;
  });
}

/** Where to look; for editing only the place that was named: the rig's with `--rig`, else the town's. */
async function placesOf(
  context: CommandContext,
  which: "all" | "named" = "all",
): Promise<readonly OverlayPlace[]> {
  const town = await context.town();
  const named = context.flags.string("rig");
  if (which === "named") return overlayPlaces(town, named === undefined ? undefined : town.rig(named));
  return overlayPlaces(town, rigIfAny(context, town));
}

function skeleton(formula: string, steps: readonly string[]): string {
  return `# What this town or rig changes in the steps of ${formula}.
# Steps: ${steps.slice(0, 40).join(", ")}
#
# [[step-overrides]]
# step_id = "${steps.at(-1) ?? "step"}"
# mode = "append"            # replace | append | skip
# description = "What is added. Variables such as {{issue}} may be used."
`;
}
