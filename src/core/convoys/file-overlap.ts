import type { Bead, BeadId } from "../ledger/bead.ts";

export interface FileOverlap {
  readonly beads: readonly [BeadId, BeadId];
  readonly files: readonly string[];
}

/** Files that work on a bead is expected to touch. */
export type FilesOf = (bead: Bead) => ReadonlySet<string>;

/** A word with a directory or an extension in it, e.g. `src/parse.ts` or `parse.ts`; no URLs, no versions. */
const pathWord = /(?<![\w@:/.-])(?:[\w@-]+\/)*[\w@-]+(?:\.[\w-]+)*\.[A-Za-z]\w{0,9}(?![\w/])/g;
const abbreviation = /^(?:[A-Za-z]\.)+[A-Za-z]$/;

/** Files that the text of a bead speaks of. */
export function declaredFiles(
  bead: Pick<Bead, "title" | "description" | "design" | "acceptanceCriteria">,
): ReadonlySet<string> {
  const text = [bead.title, bead.description, bead.design, bead.acceptanceCriteria].join("\n");
  return new Set(
    [...text.matchAll(pathWord)].map(([word]) => word).filter((word) => !abbreviation.test(word)),
  );
}

/**
 * Beads of one rig that would be worked on at the same time and are expected to touch the same files. Advice: it forbids
 * nothing. Pure.
 */
export function overlapsIn(
  waves: readonly (readonly BeadId[])[],
  beads: ReadonlyMap<BeadId, Bead>,
  filesOf: FilesOf = declaredFiles,
): readonly FileOverlap[] {
  const found: FileOverlap[] = [];
  for (const wave of waves) {
    const speakers = new Map<string, BeadId[]>();
    for (const id of wave) {
      const bead = beads.get(id);
      if (bead === undefined) continue;
      for (const file of filesOf(bead)) {
        const key = `${bead.scope}\n${file}`;
        speakers.set(key, [...(speakers.get(key) ?? []), id]);
      }
    }
    const pairs = new Map<string, { beads: readonly [BeadId, BeadId]; files: string[] }>();
    for (const [key, ids] of speakers)
      for (const [index, one] of ids.entries())
        for (const other of ids.slice(index + 1)) {
          const pair = pairs.get(`${one} ${other}`) ?? { beads: [one, other] as const, files: [] };
          pair.files.push(key.split("\n")[1] ?? "");
          pairs.set(`${one} ${other}`, pair);
        }
    found.push(...pairs.values());
  }
  return found;
}
