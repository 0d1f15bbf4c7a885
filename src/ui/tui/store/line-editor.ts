import { sanitiseLine } from "../../../core/sanitise.ts";
import { graphemes } from "../screen/text-width.ts";

/** A line of text being typed: what is before and behind the cursor. */
export interface LineEditor {
  readonly before: string;
  readonly after: string;
}

export const emptyLine: LineEditor = { before: "", after: "" };

export function lineOf(text: string): LineEditor {
  return { before: text, after: "" };
}

export function lineText(line: LineEditor): string {
  return line.before + line.after;
}

export function insertText(line: LineEditor, text: string): LineEditor {
  return { before: line.before + sanitiseLine(text), after: line.after };
}

/** The line after an editing key, or undefined when the key does not edit. */
export function editLine(line: LineEditor, key: string): LineEditor | undefined {
  switch (key) {
    case "left":
    case "ctrl-b":
      return moveLeft(line);
    case "right":
    case "ctrl-f":
      return moveRight(line);
    case "home":
    case "ctrl-a":
      return { before: "", after: lineText(line) };
    case "end":
    case "ctrl-e":
      return { before: lineText(line), after: "" };
    case "backspace":
      return { before: moveLeft(line).before, after: line.after };
    case "delete":
    case "ctrl-d":
      return { before: line.before, after: moveRight(line).after };
    case "ctrl-u":
      return { before: "", after: line.after };
    case "ctrl-k":
      return { before: line.before, after: "" };
    case "ctrl-w":
    case "alt-backspace":
      return { before: line.before.replace(/\S*\s*$/, ""), after: line.after };
    default:
      return undefined;
  }
}

function moveLeft(line: LineEditor): LineEditor {
  const last = [...graphemes(line.before)].at(-1) ?? "";
  return { before: line.before.slice(0, line.before.length - last.length), after: last + line.after };
}

function moveRight(line: LineEditor): LineEditor {
  const first = [...graphemes(line.after)][0] ?? "";
  return { before: line.before + first, after: line.after.slice(first.length) };
}
