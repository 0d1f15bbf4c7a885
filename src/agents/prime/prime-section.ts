/** One part of what an agent reads at its start (spec/03 §6.4). */
export interface PrimeSection {
  readonly name: string;
  readonly text: string;
  /** What the section is cut to before it is left out. */
  readonly minimum?: string;
  /** Budget in characters. */
  readonly budget: number;
  /** 1 is never cut; sections with the highest number are cut first. */
  readonly shrink: 1 | 2 | 3 | 4 | 5;
  /** Why it is there, for `--explain`. */
  readonly why: string;
}

export interface FittedSection {
  readonly name: string;
  readonly text: string;
  readonly cut: boolean;
  readonly why: string;
}

/**
 * Fits the sections into `cap` characters in their order: room that some leave unused goes to those that need more,
 * the least cuttable first; the most cuttable are reduced to their minimum, then to a pointer. Pure.
 */
export function fitSections(sections: readonly PrimeSection[], cap: number): readonly FittedSection[] {
  const texts = new Map(sections.map((section) => [section.name, section.text]));
  const total = (): number => [...texts.values()].reduce((sum, text) => sum + text.length + 1, 0);
  const byCuttability = sections
    .filter((section) => section.shrink > 1)
    .toSorted((one, other) => other.shrink - one.shrink || sections.indexOf(other) - sections.indexOf(one));

  // First to the budget, then to the minimum, at last to a pointer; stop as soon as everything fits.
  const stages: readonly ((section: PrimeSection) => string)[] = [
    (section) => (section.text.length <= section.budget ? section.text : reduced(section)),
    (section) => section.minimum ?? pointer(section),
    pointer,
  ];
  for (const stage of stages) {
    for (const section of byCuttability) {
      if (total() <= cap) break;
      const text = stage(section);
      if (text.length < (texts.get(section.name)?.length ?? 0)) texts.set(section.name, text);
    }
  }
  return sections.map((section) => {
    const text = texts.get(section.name) ?? "";
    return { name: section.name, text, cut: text !== section.text, why: section.why };
  });
}

/** Whole lines up to the budget, and where the rest is. */
function reduced(section: PrimeSection): string {
  const note = pointer(section);
  const room = section.budget - note.length;
  let text = "";
  for (const line of section.text.split("\n")) {
    if (text.length + line.length + 1 > room) {
      // A line that alone is too long still says more than none.
      if (text.length < room / 2) text += `${line.slice(0, room - text.length - 1)}\n`;
      break;
    }
    text += `${line}\n`;
  }
  return text + note;
}

const pointer = (section: PrimeSection): string => `… cut: gt prime --section ${section.name}\n`;
