/** What Ink's `Output` is to us: the operations of one frame, and how one of them is applied to rows of characters. */
export interface FrameOutput {
  readonly width: number;
  readonly height: number;
  readonly operations: readonly FrameOperation[];
  caches: { readonly styledChars: { readonly size: number }; readonly widths: { readonly size: number } };
  applyWriteOperation(rows: unknown[], operation: WriteOperation, clip: Clip | undefined): void;
  get(): { readonly output: string; readonly height: number };
}

export interface Clip {
  readonly x1?: number | undefined;
  readonly x2?: number | undefined;
  readonly y1?: number | undefined;
  readonly y2?: number | undefined;
}

export interface WriteOperation {
  readonly type: "write";
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly transformers: readonly ((line: string, index: number) => string)[];
}

export type FrameOperation =
  | WriteOperation
  | { readonly type: "clip"; readonly clip: Clip }
  | { readonly type: "unclip" };

interface ClippedWrite {
  readonly operation: WriteOperation;
  readonly clip: Clip | undefined;
  readonly first: number;
  readonly last: number;
}

const blank = Object.freeze({ type: "char", value: " ", fullWidth: false, styles: [] });
const mostTexts = 5000;
/** Ink's own caches keep several objects for each character of a text. */
const mostTakenApart = 500;

/**
 * Ink builds each frame anew, character by character, and forgets it. Most rows of a frame are those of the one before,
 * so this keeps them, and what was found out about their texts: only rows on which something else is written are built.
 * Measured: most of the time of a frame, and nearly all of its garbage. The build puts it between Ink and its `Output`.
 */
export function rememberRows<
  Base extends new (size: {
    readonly width: number;
    readonly height: number;
  }) => FrameOutput,
>(Output: Base, stringOf: (row: readonly unknown[]) => string): Base {
  let caches: FrameOutput["caches"] | undefined;
  let keys: readonly string[] = [];
  let lines: readonly string[] = [];
  let width = 0;
  const textIds = new Map<string, number>();
  let nextTextId = 0;
  const idOf = (text: string): number => {
    let id = textIds.get(text);
    if (id === undefined) {
      if (textIds.size >= mostTexts) textIds.clear();
      // Never used twice: a row that was kept must not match another text.
      id = nextTextId++;
      textIds.set(text, id);
    }
    return id;
  };

  /** What is written on each row, in order, as a text that is the same when the row would be. */
  const keysOf = (writes: readonly ClippedWrite[], height: number): string[] => {
    const found = Array.from({ length: height }, () => "");
    for (const { operation, clip, first, last } of writes) {
      const { x, y, text, transformers } = operation;
      const parts = text.split("\n");
      for (let row = Math.max(0, first); row <= Math.min(last, height - 1); row++) {
        let line = parts[row - y] ?? "";
        for (const transformer of transformers) line = transformer(line, row - y);
        // Styles may begin in an earlier line of the same text.
        const whole = parts.length > 1 ? idOf(text) : "";
        found[row] += `${x},${clip?.x1},${clip?.x2},${whole},${idOf(line)};`;
      }
    }
    return found;
  };

  return class extends (Output as new (size: {
    readonly width: number;
    readonly height: number;
  }) => FrameOutput) {
    constructor(size: { readonly width: number; readonly height: number }) {
      super(size);
      if (caches === undefined || caches.styledChars.size > mostTakenApart || caches.widths.size > mostTexts)
        caches = this.caches;
      this.caches = caches;
    }

    override get() {
      const { height } = this;
      const writes = clippedWrites(this.operations);
      const nextKeys = keysOf(writes, height);
      const isSameWidth = width === this.width;
      const rows = nextKeys.map((key, row) =>
        isSameWidth && key === keys[row] ? undefined : new Array<unknown>(this.width).fill(blank),
      );
      for (const { operation, clip, first, last } of writes)
        if (rows.slice(Math.max(0, first), last + 1).some((row) => row !== undefined))
          this.applyWriteOperation(rows, operation, clip);
      lines = rows.map((row, index) =>
        row === undefined
          ? (lines[index] ?? "")
          : stringOf(row.filter((character) => character !== undefined)).trimEnd(),
      );
      keys = nextKeys;
      width = this.width;
      return { output: lines.join("\n"), height };
    }
  } as unknown as Base;
}

function clippedWrites(operations: readonly FrameOperation[]): readonly ClippedWrite[] {
  const clips: Clip[] = [];
  const writes: ClippedWrite[] = [];
  for (const operation of operations) {
    if (operation.type === "unclip") clips.pop();
    else if (operation.type === "clip") clips.push(intersection(clips.at(-1), operation.clip));
    else {
      const clip = clips.at(-1);
      const last = operation.y + operation.text.split("\n").length - 1;
      writes.push({
        operation,
        clip,
        first: Math.max(operation.y, clip?.y1 ?? operation.y),
        last: Math.min(last, (clip?.y2 ?? last + 1) - 1),
      });
    }
  }
  return writes;
}

/** A bound that is not given does not bound. */
function intersection(outer: Clip | undefined, inner: Clip): Clip {
  if (outer === undefined) return inner;
  return {
    x1: tighter(outer.x1, inner.x1, Math.max),
    x2: tighter(outer.x2, inner.x2, Math.min),
    y1: tighter(outer.y1, inner.y1, Math.max),
    y2: tighter(outer.y2, inner.y2, Math.min),
  };
}

function tighter(
  one: number | undefined,
  other: number | undefined,
  choose: (one: number, other: number) => number,
): number | undefined {
  if (one === undefined) return other;
  return other === undefined ? one : choose(one, other);
}
