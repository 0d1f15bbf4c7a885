/**
 * The wire form between host and clients: `u32 length | u8 kind | u32 channel | payload`, big-endian. `length` counts
 * everything behind itself. The channel is the request's number, or the attachment's for terminal traffic.
 */
export const FrameKind = {
  request: 1,
  reply: 2,
  failure: 3,
  event: 4,
  /** Terminal bytes, both ways. */
  data: 5,
  /** u32: bytes that the view has painted. */
  acknowledge: 6,
  /** u16 columns, u16 rows. */
  resize: 7,
  exit: 8,
  detach: 9,
  /** The view asks for the whole state anew. */
  refresh: 10,
} as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

export interface Frame {
  readonly kind: number;
  readonly channel: number;
  readonly payload: Buffer;
}

const headerBytes = 9;
/** More than any message needs; a larger length means that the peer does not speak this protocol. */
const maxFrameBytes = 16 * 1024 * 1024;

export function encodeFrame(kind: FrameKind, channel: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + payload.length);
  frame.writeUInt32BE(headerBytes - 4 + payload.length, 0);
  frame.writeUInt8(kind, 4);
  frame.writeUInt32BE(channel, 5);
  frame.set(payload, headerBytes);
  return frame;
}

export function encodeJsonFrame(kind: FrameKind, channel: number, value: unknown): Buffer {
  return encodeFrame(kind, channel, Buffer.from(JSON.stringify(value ?? null)));
}

export function encodeSize(columns: number, rows: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt16BE(columns, 0);
  payload.writeUInt16BE(rows, 2);
  return payload;
}

/** Says that a view has painted so many bytes. */
export function encodeAcknowledge(channel: number, bytes: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(bytes, 0);
  return encodeFrame(FrameKind.acknowledge, channel, payload);
}

/** Cuts a byte stream into frames, however it arrives. Throws when the stream is not ours. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  read(chunk: Buffer): readonly Frame[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    let at = 0;
    while (bytes.length - at >= headerBytes) {
      const length = bytes.readUInt32BE(at);
      if (length < headerBytes - 4 || length > maxFrameBytes) throw new Error(`frame of ${length} bytes`);
      const end = at + 4 + length;
      if (end > bytes.length) break;
      frames.push({
        kind: bytes.readUInt8(at + 4),
        channel: bytes.readUInt32BE(at + 5),
        payload: bytes.subarray(at + headerBytes, end),
      });
      at = end;
    }
    // Copied so that a few left-over bytes do not keep a large chunk alive.
    this.#rest = at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
    return frames;
  }
}
