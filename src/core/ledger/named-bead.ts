import { randomUUID } from "node:crypto";

// Drawn anew by each process: no text from outside looks like it.
const mark = `$${randomUUID()}:`;

/**
 * Stands for the id of the bead that the same batch names so, wherever a batch stores values: metadata, rows, fields of
 * agents, events. Where an operation wants an id, the plain `$name` does as well; in a value that is only text.
 */
export const namedBead = (name: string): string => `${mark}${name}`;

/** The name in a stand-in of `namedBead`; undefined for any other text. */
export const nameIn = (value: string): string | undefined =>
  value.startsWith(mark) ? value.slice(mark.length) : undefined;
