import { readSync } from "node:fs";
import { usageError } from "../../core/gt-error.ts";

/** stdin to its end, without one trailing newline (spec/07 §1.2). */
export function readInput(limitBytes = 1 << 20): string {
  const parts: Buffer[] = [];
  let size = 0;
  for (;;) {
    const part = Buffer.allocUnsafe(1 << 16);
    const length = readSome(part);
    if (length === 0) break;
    size += length;
    if (size > limitBytes) throw usageError(`the text on stdin is longer than ${limitBytes} bytes`);
    parts.push(part.subarray(0, length));
  }
  const bytes = Buffer.concat(parts);
  const text = bytes.toString("utf8");
  if (!Buffer.from(text).equals(bytes)) throw usageError("the text on stdin is not UTF-8");
  return text.replace(/\r?\n$/, "");
}

function readSome(part: Buffer): number {
  for (;;) {
    try {
      return readSync(0, part);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : "";
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw error;
      // stdin is a pipe that someone made non-blocking: wait for the writer.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
