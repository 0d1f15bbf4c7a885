const criteria = "Acceptance Criteria";

const sections: Readonly<Record<string, readonly string[]>> = {
  bug: ["Steps to Reproduce", criteria],
  task: [criteria],
  feature: [criteria],
  story: [criteria],
  epic: ["Success Criteria"],
  decision: ["Decision", "Rationale", "Alternatives Considered"],
  spike: ["Goal", "Findings"],
};

/** Headings that a bead of this type should have and has not (spec/01 §2.4). */
export function missingSections(bead: {
  readonly type: string;
  readonly description: string;
  readonly acceptanceCriteria: string;
}): readonly string[] {
  const headings = `${bead.description}\n${bead.acceptanceCriteria}`
    .split("\n")
    .filter((line) => /^#{1,6}\s/.test(line))
    .map((line) => line.toLowerCase());
  return (sections[bead.type] ?? []).filter((section) => {
    if (section.endsWith("Criteria") && bead.acceptanceCriteria.trim() !== "") return false;
    return !headings.some((heading) => heading.includes(section.toLowerCase()));
  });
}
