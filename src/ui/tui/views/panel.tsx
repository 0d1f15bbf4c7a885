import { Box, Text } from "ink";
import { memo, type ReactNode } from "react";
import type { Binding } from "../binding.ts";
import type { Rect } from "../screen/cell-grid.ts";
import { fitLine, type Line, lineWidth, type Span, span } from "./spans.ts";
import type { Symbols } from "./symbols.ts";
import type { Theme } from "./theme.ts";

/** How things look: passed to every view. */
export interface Look {
  readonly theme: Theme;
  readonly symbols: Symbols;
  /** What keys do: the keymap with the person's own keys. */
  readonly bindings: readonly Binding[];
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

/** Most lines of a frame are those of the frame before. */
const LineText = memo(
  function LineText({ line }: { readonly line: Line }): ReactNode {
    return <Text>{line.map(drawSpan)}</Text>;
  },
  (before, after) => isSameLine(before.line, after.line),
);

function isSameLine(one: Line, other: Line): boolean {
  if (one.length !== other.length) return false;
  return one.every((piece, index) => {
    const match = other[index];
    return (
      match !== undefined &&
      piece.text === match.text &&
      piece.colour === match.colour &&
      piece.isBold === match.isBold &&
      piece.isDim === match.isDim &&
      piece.isInverse === match.isInverse
    );
  });
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
  /** At the right of the title: counts, filters, modes. */
  readonly note: Line;
  readonly isFocused: boolean;
  readonly lines: readonly Line[];
  /** Lies above other parts: its blanks cover them. */
  readonly isOpaque?: boolean;
}

/** Lines in a frame with a title; the focused panel's frame has the accent colour. */
export function Panel({ rect, look, title, note, isFocused, lines, isOpaque }: PanelProps): ReactNode {
  const [topLeft, topRight, bottomLeft, bottomRight, horizontal, vertical] = look.symbols.frame;
  const colour = isFocused ? look.theme.accent : look.theme.muted;
  const width = rect.width - 2;
  const height = rect.height - 2;
  const top = frameTop(width, colour, { title, note, isFocused }, [topLeft, topRight, horizontal]);
  const filled = isOpaque === true ? Array.from({ length: height }, (_, row) => lines[row] ?? []) : lines;
  return (
    <Box
      position="absolute"
      left={rect.x}
      top={rect.y}
      width={rect.width}
      height={rect.height}
      flexDirection="column"
    >
      <LineText line={fitLine(top, rect.width)} />
      <Box
        width={rect.width}
        height={rect.height - 1}
        flexDirection="column"
        borderTop={false}
        borderColor={colour}
        borderStyle={{
          topLeft,
          topRight,
          bottomLeft,
          bottomRight,
          top: horizontal,
          bottom: horizontal,
          left: vertical,
          right: vertical,
        }}
      >
        {filled.slice(0, height).map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
          <LineText key={index} line={isOpaque === true ? fitLine(line, width) : cutLine(line, width)} />
        ))}
      </Box>
    </Box>
  );
}

/** The line within `width` columns, without the blanks at its end: what is bare is blank anyway. */
function cutLine(line: Line, width: number): Line {
  const fitted = fitLine(line, width);
  const last = fitted.at(-1);
  const isBlank = last !== undefined && last.isInverse !== true && last.text.trim() === "";
  // A line without any text would have no height.
  return isBlank && fitted.length > 1 ? fitted.slice(0, -1) : fitted;
}

interface FrameParts {
  readonly title: Line;
  readonly note: Line;
  readonly isFocused: boolean;
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
  if (name.length === 0 && noteWidth === 0) return [span(left + horizontal.repeat(width) + right, colour)];
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
