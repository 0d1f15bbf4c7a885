import { usageError } from "../../core/gt-error.ts";

/** stdin to its end, without one trailing newline (spec/07 §1.2). Waits without blocking, so that Ctrl-C still works. */
export async function readInput(limitBytes = 1 << 20): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > limitBytes) throw usageError(`the text on stdin is longer than ${limitBytes} bytes`);
    parts.push(part);
  }
  const bytes = Buffer.concat(parts);
  const text = bytes.toString("utf8");
  if (!Buffer.from(text).equals(bytes)) throw usageError("the text on stdin is not UTF-8");
  return text.replace(/\r?\n$/, "");
}
