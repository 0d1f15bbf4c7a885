import { renderConvoyText } from "./convoy-text.ts";
import type { ConvoyParts, Leg, Synthesis } from "./formula.ts";
import { substitute, type LookUp } from "./substitute.ts";

/** What each leg and the synthesis of a convoy run are told (spec/02 §2.11, §12.2). Paths are relative to the rig. */
export interface ConvoyPlan {
  readonly directory: string;
  readonly legs: readonly LegPlan[];
  readonly synthesis: SynthesisPlan | undefined;
}

export interface LegPlan {
  readonly leg: Leg;
  readonly title: string;
  readonly text: string;
  readonly outputPath: string;
}

export interface SynthesisPlan {
  readonly synthesis: Synthesis;
  readonly title: string;
  readonly text: string;
  readonly outputPath: string;
  /** Legs that it waits for. */
  readonly needs: readonly string[];
}

/**
 * Fills in the texts of the chosen legs. Names without a value stay as they are. With `root`, paths are absolute below it,
 * because those who read them work elsewhere.
 */
export function planConvoy(
  parts: ConvoyParts,
  chosen: readonly Leg[],
  lookUp: LookUp,
  root?: string,
): ConvoyPlan {
  const relative = substitute(parts.output.directory, lookUp);
  const directory = root === undefined ? relative : `${root}/${relative}`;
  const below = (name: string) => `${directory.replace(/\/+$/, "")}/${name}`;
  const synthesisPath = below(substitute(parts.output.synthesis, lookUp));
  const outputs: Readonly<Record<string, string>> = {
    "output.directory": directory,
    "output.synthesis": synthesisPath,
  };
  const shared: LookUp = (name) => outputs[name] ?? lookUp(name);
  const legs = chosen.map((leg) => planLeg(parts, leg, shared, below));
  return { directory, legs, synthesis: planSynthesis(parts, legs, shared, synthesisPath) };
}

function planLeg(parts: ConvoyParts, leg: Leg, shared: LookUp, below: (name: string) => string): LegPlan {
  const own = new Map([
    ["leg.id", leg.id],
    ["leg.title", leg.title],
    ["leg.focus", leg.focus],
  ]);
  const lookUp: LookUp = (name) => own.get(name) ?? shared(name);
  const outputPath = below(substitute(parts.output.legPattern, lookUp));
  own.set("output_path", outputPath);
  const description = renderConvoyText(leg.description, lookUp);
  own.set("leg.description", description);
  for (const [name, text] of Object.entries(parts.prompts))
    if (name !== "base") own.set(`prompts.${name}`, renderConvoyText(text, lookUp));
  const { base } = parts.prompts;
  const text =
    base === undefined
      ? [leg.focus === "" ? "" : `Focus: ${leg.focus}`, description, `Write your findings to ${outputPath}`]
          .filter((part) => part !== "")
          .join("\n\n")
      : renderConvoyText(base, lookUp);
  return { leg, title: substitute(leg.title, lookUp), text, outputPath };
}

function planSynthesis(
  parts: ConvoyParts,
  legs: readonly LegPlan[],
  shared: LookUp,
  outputPath: string,
): SynthesisPlan | undefined {
  const { synthesis } = parts;
  if (synthesis === undefined) return undefined;
  const waitsFor =
    synthesis.dependsOn.length === 0 ? legs : legs.filter(({ leg }) => synthesis.dependsOn.includes(leg.id));
  const list = waitsFor.map((plan) => `- ${plan.leg.id}: ${plan.outputPath}`).join("\n");
  const text = renderConvoyText(synthesis.description, (name) =>
    name === "output_path" ? outputPath : shared(name),
  );
  return {
    synthesis,
    title: substitute(synthesis.title, shared),
    text: `${text}\n\nFindings of the legs:\n${list}\n\nWrite the result to ${outputPath}`.trim(),
    outputPath,
    needs: waitsFor.map(({ leg }) => leg.id),
  };
}
