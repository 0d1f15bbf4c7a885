import { spawn } from "node-pty";

export interface PtyOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The child's whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly columns: number;
  readonly rows: number;
  readonly onData: (bytes: Uint8Array) => void;
  /** Called once, after the last byte; `signal` is 0 when the program exited by itself. */
  readonly onExit: (exit: { readonly code: number; readonly signal: number }) => void;
}

/** A program in a pseudo-terminal. The one place that knows node-pty. */
export interface Pty {
  readonly pid: number;
  write(bytes: string | Uint8Array): void;
  /** Bytes that were written and the program has not taken yet. */
  readonly unread: number;
  resize(columns: number, rows: number): void;
  /** Stops reading; the program blocks once the kernel's buffer is full. */
  pause(): void;
  resume(): void;
}

export function openPty(options: PtyOptions): Pty {
  const [command = "", ...args] = options.argv;
  const child = spawn(command, args, {
    name: options.env["TERM"] ?? "xterm-256color",
    cols: options.columns,
    rows: options.rows,
    cwd: options.cwd,
    env: { ...options.env },
    encoding: null,
  });
  // With `encoding: null` node-pty emits buffers and takes them; its types only know strings.
  child.onData((data) => options.onData(data as unknown as Uint8Array));
  child.onExit(({ exitCode, signal }) => options.onExit({ code: exitCode, signal: signal ?? 0 }));
  // The length of the queue is not part of its interface, but an unread queue must not grow for ever.
  const socket = (child as unknown as { _socket: { readonly writableLength: number } })._socket;
  return {
    pid: child.pid,
    write: (bytes) => child.write(bytes as string),
    get unread() {
      return socket.writableLength;
    },
    resize: (columns, rows) => {
      try {
        child.resize(columns, rows);
      } catch (error) {
        // The program is gone and its end is still on the way here. Thrown into the emulator's parser, this would
        // stop it, and the end would never be noticed.
        if (!/EBADF|EIO|already exited/.test(String(error))) throw error;
      }
    },
    pause: () => child.pause(),
    resume: () => child.resume(),
  };
}
