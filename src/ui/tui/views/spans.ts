import type { ActionName } from "../binding.ts";
import { cut, textWidth } from "../screen/text-width.ts";

/** A piece of a line in one style. Its text is measured, sanitised and cut when the line is fitted. */
export interface Span {
  readonly text: string;
  readonly colour?: string | undefined;
  readonly isBold?: boolean;
  readonly isDim?: boolean;
  readonly isInverse?: boolean;
  /** The list row that it is part of, for who clicks on it. */
  readonly row?: string;
  /** What a click on it does. */
  readonly action?: ActionName;
}

export type Line = readonly Span[];

export function span(text: string, colour?: string): Span {
  return { text, colour };
}

export function bold(text: string, colour?: string): Span {
  return { text, colour, isBold: true };
}

export function lineWidth(line: Line): number {
  return line.reduce((width, { text }) => width + textWidth(text), 0);
}

/** The line in exactly `width` columns: cut with `…`, or filled with blanks. Nothing of it can leave its place. */
export function fitLine(line: Line, width: number): Line {
  const fitted: Span[] = [];
  let left = width;
  for (const [index, piece] of line.entries()) {
    const text = cut(piece.text, left);
    const used = textWidth(text);
    if (text !== "") fitted.push({ ...piece, text });
    left -= used;
    const isCut = text !== "" && text.endsWith("…") && !piece.text.endsWith("…");
    if (isCut || left === 0) {
      const hasMore = !isCut && line.slice(index + 1).some(({ text: more }) => more.trim() !== "");
      if (hasMore) markCut(fitted);
      break;
    }
  }
  const missing = width - lineWidth(fitted);
  if (missing > 0) fitted.push({ ...styleOf(line.at(-1)), text: " ".repeat(missing) });
  return fitted;
}

/** `left` at the left edge and `right` at the right one; `left` gives way. */
export function spread(left: Line, right: Line, width: number): Line {
  const room = Math.max(0, width - lineWidth(right));
  return fitLine([...fitLine(left, room), ...right], width);
}

export function withStyle(line: Line, style: Omit<Span, "text">): Line {
  return line.map((piece) => ({ ...piece, ...style }));
}

/** The line, known as that of a list row. */
export function ofRow(row: string, line: Line): Line {
  return line.map((piece) => ({ ...piece, row }));
}

/** The line, doing `action` for who clicks on it. */
export function forAction(action: ActionName, line: Line): Line {
  return line.map((piece) => ({ ...piece, action }));
}

/** The piece of a line that covers a column. */
export function pieceAt(line: Line, column: number): Span | undefined {
  let end = 0;
  return line.find(({ text }) => {
    end += textWidth(text);
    return column < end;
  });
}

function markCut(line: Span[]): void {
  const last = line.at(-1);
  if (last === undefined) return;
  line[line.length - 1] = { ...last, text: cut(`${last.text}  `, textWidth(last.text)) };
}

function styleOf(piece: Span | undefined): Omit<Span, "text"> {
  return piece?.isInverse === true ? { isInverse: true, colour: piece.colour } : {};
}
