import { Box, Text } from "ink";
import type { ReactNode } from "react";
import type { Rect } from "../screen/cell-grid.ts";
import { fitLine, type Line, lineWidth, type Span, span } from "./spans.ts";
import type { Symbols } from "./symbols.ts";
import type { Theme } from "./theme.ts";

/** How things look: passed to every view. */
export interface Look {
  readonly theme: Theme;
  readonly symbols: Symbols;
}

/** Lines of text in a rectangle of the screen; each is exactly as wide as the rectangle. */
export function Lines({ rect, lines }: { readonly rect: Rect; readonly lines: readonly Line[] }): ReactNode {
  const shown = lines.slice(0, rect.height);
  return (
    <Box
      position="absolute"
      left={rect.x}
      top={rect.y}
      width={rect.width}
      height={rect.height}
      flexDirection="column"
    >
      {shown.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
        <LineText key={index} line={fitLine(line, rect.width)} />
      ))}
    </Box>
  );
}

function LineText({ line }: { readonly line: Line }): ReactNode {
  return <Text wrap="truncate-end">{line.map(drawSpan)}</Text>;
}

function drawSpan(piece: Span, index: number): ReactNode {
  if (piece.colour === undefined && !piece.isBold && !piece.isDim && !piece.isInverse) return piece.text;
  return (
    <Text
      key={index}
      {...(piece.colour === undefined ? {} : { color: piece.colour })}
      bold={piece.isBold === true}
      dimColor={piece.isDim === true}
      inverse={piece.isInverse === true}
    >
      {piece.text}
    </Text>
  );
}

export interface PanelProps {
  readonly rect: Rect;
  readonly look: Look;
  readonly title: Line;
  /** At the right of the title: counts, filters. */
  readonly note?: Line;
  readonly isFocused: boolean;
  readonly lines: readonly Line[];
}

/** Lines in a frame with a title; the focused panel's frame has the accent colour. */
export function Panel({ rect, look, title, note, isFocused, lines }: PanelProps): ReactNode {
  const framed = frameLines(rect, look, { title, note: note ?? [], isFocused }, lines);
  return <Lines rect={rect} lines={framed} />;
}

interface FrameParts {
  readonly title: Line;
  readonly note: Line;
  readonly isFocused: boolean;
}

/** The lines of a panel with its frame around them. */
export function frameLines(
  rect: Rect,
  look: Look,
  parts: FrameParts,
  lines: readonly Line[],
): readonly Line[] {
  const [topLeft, topRight, bottomLeft, bottomRight, horizontal, vertical] = look.symbols.frame;
  const colour = parts.isFocused ? look.theme.accent : look.theme.muted;
  const width = rect.width - 2;
  const edge = span(vertical, colour);
  const rows: Line[] = [frameTop(width, colour, parts, [topLeft, topRight, horizontal])];
  for (let index = 0; index < rect.height - 2; index++)
    rows.push([edge, ...fitLine(lines[index] ?? [], width), edge]);
  rows.push([span(bottomLeft + horizontal.repeat(Math.max(0, width)) + bottomRight, colour)]);
  return rows;
}

function frameTop(
  width: number,
  colour: string,
  { title, note, isFocused }: FrameParts,
  [left, right, horizontal]: readonly [string, string, string],
): Line {
  const titled = title.map((piece) => ({ ...piece, colour: piece.colour ?? colour, isBold: isFocused }));
  const room = Math.max(0, width - 2);
  const noteWidth = lineWidth(note) === 0 || lineWidth(note) + 4 > room ? 0 : lineWidth(note) + 2;
  const name = trimEnd(fitLine(titled, Math.min(lineWidth(titled), Math.max(0, room - noteWidth))));
  const fill = Math.max(0, width - lineWidth(name) - 2 - noteWidth);
  return [
    span(`${left} `, colour),
    ...name,
    span(` ${horizontal.repeat(fill)}`, colour),
    ...(noteWidth === 0 ? [] : [span(" "), ...note, span(" ")]),
    span(right, colour),
  ];
}

function trimEnd(line: Line): Line {
  return line.filter((piece) => piece.text !== "");
}
