/** What is special about a step, for lists: ` [gate human] [run]`. */
export function stepMarks(step: {
  readonly gate?: { readonly type: string };
  readonly run?: string;
  readonly conditions?: readonly string[];
  readonly interactive?: boolean;
}): string {
  const marks = [
    ...(step.gate === undefined ? [] : [`gate ${step.gate.type}`]),
    ...(step.conditions ?? []).map((condition) => `if ${condition}`),
    ...(step.run === undefined ? [] : ["run"]),
    ...(step.interactive ? ["interactive"] : []),
  ];
  return marks.map((mark) => ` [${mark}]`).join("");
}
