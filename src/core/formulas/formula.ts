export const formulaTypes = ["workflow", "convoy", "expansion", "aspect"] as const;
export type FormulaType = (typeof formulaTypes)[number];

export const stepTypes = ["task", "bug", "feature", "epic", "chore"] as const;
export type StepType = (typeof stepTypes)[number];

export const gateTypes = ["human", "timer", "gh:run", "gh:pr", "mail", "bead"] as const;
export type GateType = (typeof gateTypes)[number];

export const variableTypes = ["string", "int", "bool", "list", "path", "command"] as const;
export type VariableType = (typeof variableTypes)[number];

/** A formula file as its author wrote it, checked by itself (spec/02 §2). */
export interface Formula {
  readonly name: string;
  readonly type: FormulaType;
  readonly version: number;
  readonly description: string;
  readonly extends: readonly string[];
  readonly vars: ReadonlyMap<string, Variable>;
  /** Steps of a workflow, or the template of an expansion. */
  readonly steps: readonly Step[];
  readonly advice: readonly Advice[];
  readonly pointcuts: readonly Pointcut[];
  readonly compose: Composition;
  readonly settings: FormulaSettings;
  /** Only of a convoy formula. */
  readonly convoy?: ConvoyParts;
}

/** How molecules of the formula are made and worked; absent means that the file does not say. */
export interface FormulaSettings {
  readonly pour?: boolean;
  readonly phase?: "liquid" | "vapor";
  readonly wispType?: string;
  readonly agent?: string;
  readonly reviewOnly?: boolean;
  readonly dispatchFormula?: string;
  readonly freshSession?: boolean;
  readonly squash?: { readonly trigger: "on_complete" | "manual"; readonly includeMetrics: boolean };
}

/** A declared variable, or an input of a convoy formula (spec/02 §2.3, §2.11). */
export interface Variable {
  readonly description: string;
  readonly default?: string;
  readonly required: boolean;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly type: VariableType | "number";
  /** Inputs only: any of these given is enough. */
  readonly requiredUnless?: readonly string[];
}

/** A step of a workflow, a loop's body, a template or an advice (spec/02 §2.4). */
export interface Step {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly needs: readonly string[];
  readonly type?: StepType;
  readonly priority?: number;
  readonly labels: readonly string[];
  readonly conditions: readonly string[];
  readonly acceptance?: string;
  readonly notes?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly assignee?: string;
  readonly waitsFor?: WaitsFor;
  readonly children: readonly Step[];
  readonly loop?: Loop;
  readonly expand?: string;
  readonly expandVars: Readonly<Record<string, string>>;
  readonly gate?: Gate;
  readonly onComplete?: OnComplete;
  readonly interactive?: boolean;
  readonly agent?: string;
  readonly model?: string;
  readonly tier?: string;
  readonly script?: Script;
  readonly source: StepSource;
}

/** Where a step was written: `steps[2].loop.body[0]` of a formula. */
export interface StepSource {
  readonly formula: string;
  readonly location: string;
}

/** `all-children`, `any-children` or `children-of(<step>)`; without a step it is the first need (spec/02 §8.3). */
export interface WaitsFor {
  readonly gate: "all-children" | "any-children";
  readonly spawner?: string;
}

export interface Loop {
  /** Exactly one of these three. */
  readonly count?: number;
  readonly range?: string;
  readonly until?: string;
  /** With `until`. */
  readonly max?: number;
  readonly variable?: string;
  readonly parallel: boolean;
  readonly body: readonly Step[];
}

export interface Gate {
  /** `condition` comes from `compose.gate`; its `awaitId` is the expression. */
  readonly type: GateType | "condition";
  readonly awaitId?: string;
  /** As written, e.g. `30m`. */
  readonly timeout?: string;
  readonly description?: string;
}

export interface OnComplete {
  readonly forEach: string;
  readonly bond: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly sequential: boolean;
}

/** A step that needs no AI (spec/02 §9). */
export interface Script {
  readonly run: string;
  readonly shell?: "bash" | "sh" | "node" | "python3";
  readonly env?: Readonly<Record<string, string>>;
  /** As written, e.g. `30m`. */
  readonly timeout?: string;
  readonly retry?: { readonly max: number; readonly delay: string };
  readonly onFail?: "stop" | "continue" | "agent";
  readonly once?: boolean;
}

export interface Advice {
  /** Glob on step ids; everything when absent. */
  readonly target?: string;
  readonly before?: Step;
  readonly after?: Step;
  readonly aroundBefore: readonly Step[];
  readonly aroundAfter: readonly Step[];
}

/** All given parts must match. */
export interface Pointcut {
  readonly glob?: string;
  readonly type?: string;
  readonly label?: string;
}

export interface Composition {
  readonly expand: readonly ExpandRule[];
  readonly map: readonly MapRule[];
  readonly aspects: readonly string[];
  readonly branch: readonly BranchRule[];
  readonly gate: readonly GateRule[];
  readonly bondPoints: readonly BondPoint[];
}

export interface ExpandRule {
  readonly target: string;
  readonly with: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly source: StepSource;
}

export interface MapRule extends Omit<ExpandRule, "target"> {
  readonly select: string;
}

export interface BranchRule {
  readonly from: string;
  readonly steps: readonly string[];
  readonly join: string;
  readonly source: StepSource;
}

export interface GateRule {
  readonly before: string;
  readonly condition: string;
  readonly source: StepSource;
}

export interface BondPoint {
  readonly id: string;
  readonly description: string;
  readonly afterStep?: string;
  readonly beforeStep?: string;
  readonly parallel: boolean;
  readonly source: StepSource;
}

/** What a convoy formula has instead of steps (spec/02 §2.11). */
export interface ConvoyParts {
  readonly legs: readonly Leg[];
  readonly prompts: Readonly<Record<string, string>>;
  readonly output: ConvoyOutput;
  readonly presets: ReadonlyMap<string, Preset>;
  readonly defaultPreset?: string;
  readonly synthesis?: Synthesis;
}

export interface Leg {
  readonly id: string;
  readonly title: string;
  readonly focus: string;
  readonly description: string;
  readonly agent?: string;
  readonly model?: string;
  readonly tier?: string;
  readonly reviewOnly?: boolean;
}

export interface Preset {
  readonly description: string;
  readonly legs: readonly string[];
}

export interface ConvoyOutput {
  readonly directory: string;
  readonly legPattern: string;
  readonly synthesis: string;
}

export interface Synthesis {
  readonly title: string;
  readonly description: string;
  /** All legs when empty. */
  readonly dependsOn: readonly string[];
  readonly agent?: string;
  readonly tier?: string;
}

export const emptyComposition: Composition = {
  expand: [],
  map: [],
  aspects: [],
  branch: [],
  gate: [],
  bondPoints: [],
};
