const escapeByte = 0x1b;
/** A string sequence (a title, an image) that is longer is not worth keeping; its rest shows as text. */
const maxBytes = 64 * 1024;
const nothing = new Uint8Array(0);

/**
 * The end of a terminal's input that it cannot act on yet: the begin of a control sequence (`isInSequence` as the
 * parser says) or of a UTF-8 character. `before` is what this gave for the input before `bytes`.
 */
export function unfinishedSequence(before: Uint8Array, bytes: Uint8Array, isInSequence: boolean): Uint8Array {
  if (!isInSequence) return unfinishedCharacter(before, bytes);
  const start = bytes.lastIndexOf(escapeByte);
  const length = start >= 0 ? bytes.length - start : before.length + bytes.length;
  if (length > maxBytes) return nothing;
  return start >= 0 ? bytes.slice(start) : Buffer.concat([before, bytes]);
}

function unfinishedCharacter(before: Uint8Array, bytes: Uint8Array): Uint8Array {
  const last = bytes.at(-1);
  if (last === undefined) return before;
  if (last < 0x80) return nothing;
  // A character has at most four bytes, of which only the first is not a continuation.
  const tail = bytes.length < 4 ? Buffer.concat([before, bytes]).subarray(-4) : bytes.slice(-4);
  const start = tail.findLastIndex((byte) => (byte & 0xc0) !== 0x80);
  const lead = tail[start] ?? 0;
  const wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  return start >= 0 && tail.length - start < wanted ? Uint8Array.from(tail.subarray(start)) : nothing;
}
