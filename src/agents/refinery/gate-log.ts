import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const capBytes = 20 * 1024 * 1024;
const halfBytes = capBytes / 2;
const tailLines = 60;
const tailBytes = 32 * 1024;

/** A gate's output: the first and the last 10 MB in a file, the last lines in memory (spec/05 §2.5 step 4). */
export class GateLog {
  readonly path: string;
  readonly #file: number;
  #written = 0;
  #dropped = 0;
  #late: Uint8Array[] = [];
  #lateBytes = 0;
  #tail = "";
  /** The disk did not take it: the gate's verdict cannot be trusted to be explained. */
  #failure: string | undefined;

  constructor(path: string, header: string) {
    this.path = path;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#file = openSync(path, "a", 0o600);
    this.#put(Buffer.from(`# ${header.replaceAll("\n", " ")}\n`));
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  write(bytes: Uint8Array): void {
    this.#tail = (this.#tail + Buffer.from(bytes.subarray(-tailBytes)).toString("utf8")).slice(-tailBytes);
    if (this.#lateBytes === 0 && this.#written + bytes.length <= halfBytes) {
      this.#put(bytes);
      return;
    }
    this.#late.push(bytes);
    this.#lateBytes += bytes.length;
    while (this.#lateBytes > halfBytes) {
      const [first] = this.#late;
      if (first === undefined || this.#lateBytes - first.length < halfBytes) break;
      this.#late.shift();
      this.#lateBytes -= first.length;
      this.#dropped += first.length;
    }
  }

  /** Ends the file and returns the last lines of the output. */
  close(footer: string): readonly string[] {
    if (this.#dropped > 0) this.#put(Buffer.from(`\n# ${this.#dropped} bytes dropped here\n`));
    for (const bytes of this.#late) this.#put(bytes);
    this.#put(Buffer.from(`\n# ${footer}\n`));
    closeSync(this.#file);
    return this.#tail.trimEnd().split("\n").slice(-tailLines);
  }

  #put(bytes: Uint8Array): void {
    try {
      // A full disk takes a part first, and says nothing.
      if (writeSync(this.#file, bytes) < bytes.length) this.#failure ??= "the disk is full";
      this.#written += bytes.length;
    } catch (error) {
      this.#failure ??= error instanceof Error ? error.message : String(error);
    }
  }
}
