import type { ConvoyOutput, ConvoyParts, Leg, Preset, Synthesis } from "./formula.ts";
import { namesHint } from "./problem.ts";
import { defined, isStepId } from "./read-steps.ts";
import type { TableReader } from "./read-table.ts";
import { isRelativePath } from "./variable-value.ts";

const tiers = ["fast", "standard", "deep"] as const;

/** What a convoy formula has instead of steps (spec/02 §2.11). */
export function readConvoy(top: TableReader): ConvoyParts {
  const legs = readLegs(top);
  const ids = legs.map(({ id }) => id);
  const presets = readPresets(top.table("presets"), ids);
  const defaultPreset = top.text("default_preset");
  if (defaultPreset !== undefined && !presets.has(defaultPreset))
    top.log.add("F038", "default_preset", `unknown preset "${defaultPreset}"`, {
      fix: namesHint(defaultPreset, [...presets.keys()], "preset"),
    });
  return {
    legs,
    prompts: top.textTable("prompts"),
    output: readOutput(top.table("output")),
    presets,
    ...defined({ defaultPreset, synthesis: readSynthesis(top.table("synthesis"), ids) }),
  };
}

function readLegs(top: TableReader): readonly Leg[] {
  const first = new Map<string, string>();
  return top.tables("legs").map((table) => {
    const id = table.text("id") ?? "";
    if (id === "") table.log.add("F035", table.at("id"), "a leg has no id", { fix: 'add id = "name"' });
    else if (id === "synthesis" || !isStepId(id))
      table.log.add("F035", table.at("id"), `"${id}" is not a leg id`, {
        fix: "letters, digits, - and _, and not synthesis",
      });
    else if (first.has(id))
      table.log.add("F035", table.at("id"), `the leg "${id}" is there already, at ${first.get(id)}`, {
        fix: "rename one of them",
      });
    else first.set(id, table.path);
    const leg: Leg = {
      id,
      title: table.text("title") ?? id,
      focus: table.text("focus") ?? "",
      description: table.text("description") ?? "",
      ...defined({
        agent: table.text("agent"),
        model: table.text("model"),
        tier: table.choice("tier", tiers),
        reviewOnly: table.flag("review_only"),
      }),
    };
    table.finish();
    return leg;
  });
}

function readPresets(table: TableReader | undefined, legs: readonly string[]): ReadonlyMap<string, Preset> {
  const presets = new Map<string, Preset>();
  for (const name of table?.keys() ?? []) {
    const reader = table?.table(name);
    if (reader === undefined) continue;
    const preset = { description: reader.text("description") ?? "", legs: reader.texts("legs") };
    if (preset.legs.length === 0)
      reader.log.add("F038", reader.at("legs"), `the preset "${name}" has no legs`, {
        fix: namesHint("", legs, "leg"),
      });
    checkLegs(reader, "legs", preset.legs, legs, "F038");
    reader.finish();
    presets.set(name, preset);
  }
  return presets;
}

function checkLegs(
  reader: TableReader,
  key: string,
  wanted: readonly string[],
  legs: readonly string[],
  code: string,
): void {
  for (const [index, leg] of wanted.entries())
    if (!legs.includes(leg))
      reader.log.add(code, reader.at(`${key}[${index}]`), `unknown leg "${leg}"`, {
        fix: namesHint(leg, legs, "leg"),
      });
}

function readOutput(table: TableReader | undefined): ConvoyOutput {
  const path = (key: string, fallback: string): string => {
    const text = table?.text(key) ?? fallback;
    if (!isRelativePath(text))
      table?.log.add("F040", table.at(key), `"${text}" is not a relative path`, {
        fix: "use a relative path",
      });
    return text;
  };
  const output = {
    directory: path("directory", ".convoys/{{run_id}}"),
    legPattern: path("leg_pattern", "{{leg.id}}-findings.md"),
    synthesis: path("synthesis", "synthesis.md"),
  };
  table?.finish();
  return output;
}

function readSynthesis(table: TableReader | undefined, legs: readonly string[]): Synthesis | undefined {
  if (table === undefined) return undefined;
  const dependsOn = table.texts("depends_on");
  checkLegs(table, "depends_on", dependsOn, legs, "F036");
  const synthesis: Synthesis = {
    title: table.text("title") ?? "Synthesis",
    description: table.text("description") ?? "",
    dependsOn,
    ...defined({ agent: table.text("agent"), tier: table.choice("tier", tiers) }),
  };
  table.finish();
  return synthesis;
}
