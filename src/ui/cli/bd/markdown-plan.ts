import { usageError } from "../../../core/gt-error.ts";

/** One bead of a Markdown plan, as it is written there. */
export interface PlannedBead {
  readonly title: string;
  readonly description: string;
  /** Text of the known sections by their lower-case name. */
  readonly sections: ReadonlyMap<string, string>;
}

const sectionNames: Readonly<Record<string, string>> = {
  priority: "priority",
  type: "type",
  description: "description",
  design: "design",
  "acceptance criteria": "acceptance",
  acceptance: "acceptance",
  assignee: "assignee",
  labels: "labels",
  dependencies: "dependencies",
  deps: "dependencies",
  parent: "parent",
};

/** Reads a plan: every `## Title` starts a bead, `###` sections fill its fields (spec/01 §10.2). */
export function parsePlan(text: string, file: string): readonly PlannedBead[] {
  const beads: { title: string; lines: string[]; sections: Map<string, string[]> }[] = [];
  let target: string[] | undefined;
  let fence: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const mark = /^\s{0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined) {
      if (fence === undefined) fence = mark;
      else if (mark.startsWith(fence.charAt(0)) && mark.length >= fence.length) fence = undefined;
    }
    const heading =
      fence === undefined && mark === undefined ? /^(#{2,3})\s+(.+?)\s*#*\s*$/.exec(line) : null;
    const bead = beads.at(-1);
    if (heading?.[1] === "##") {
      const lines: string[] = [];
      beads.push({ title: heading[2] ?? "", lines, sections: new Map() });
      target = lines;
    } else if (heading?.[1] === "###" && bead !== undefined) {
      const name = sectionNames[(heading[2] ?? "").toLowerCase()];
      if (name === undefined) {
        bead.lines.push("", line);
        target = bead.lines;
      } else {
        target = bead.sections.get(name) ?? [];
        bead.sections.set(name, target);
      }
    } else target?.push(line);
  }
  if (beads.length === 0)
    throw usageError(`no issues found in ${file}`, { hint: "start each issue with ## Title" });
  return beads.map(({ title, lines, sections }) => ({
    title,
    description: [sections.get("description")?.join("\n").trim() ?? "", lines.join("\n").trim()]
      .filter((part) => part !== "")
      .join("\n\n"),
    sections: new Map([...sections].map(([name, body]) => [name, body.join("\n").trim()])),
  }));
}
