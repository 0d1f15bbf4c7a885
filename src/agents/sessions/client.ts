import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { GtError } from "../../core/gt-error.ts";
import type { Town, TownPaths } from "../../core/town/town.ts";
import {
  encodeAcknowledge,
  encodeFrame,
  encodeJsonFrame,
  encodeSize,
  type Frame,
  FrameKind,
  FrameReader,
} from "./frame.ts";
import { fromWireError, protocolVersion, type WireError } from "./protocol.ts";
import type {
  Attachment,
  AttachOptions,
  NudgeState,
  RuntimeReport,
  ScreenText,
  SessionEvent,
  SessionHost,
  SessionRecord,
  SessionSpec,
  StopOptions,
} from "./session-host.ts";
import { hostSocketPath } from "./socket-path.ts";
import { startHost } from "./start-host.ts";

const startTimeoutMs = 20_000;
/** A host that is well answers at once; one that hangs must not hang whoever only asks (spec/06 §12.1). */
const usualAnswerTimeoutMs = 5_000;
const retryMs = 30;

/**
 * Connects to the town's session host and starts it when there is none. With `start: false`: `E_HOST_DOWN` instead.
 * `E_HOST_SILENT` for one that hangs, here and when it is asked something later.
 * The connection keeps the process alive until `disconnect`.
 */
export async function connectHost(
  town: Pick<Town, "paths">,
  options: { readonly start?: boolean; readonly answerTimeoutMs?: number } = {},
): Promise<SessionHost> {
  const { paths } = town;
  const { answerTimeoutMs = usualAnswerTimeoutMs } = options;
  const running = await tryConnect(paths, answerTimeoutMs);
  if (running !== undefined) return running;
  if (options.start === false)
    throw new GtError("E_HOST_DOWN", "the session host is not running", { hint: "gt up" });
  const starting = startHost(paths);
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    const started = await tryConnect(paths, answerTimeoutMs);
    if (started !== undefined) return started;
    if (starting.failed() || Date.now() > deadline) {
      throw new GtError("E_HOST_START", "the session host does not start", {
        why: starting.log(),
        hint: `cat ${paths.logs}/host.log`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

/** Undefined when nobody serves: no socket, one that a dead host left behind, or a host that dies this moment. */
async function tryConnect(paths: TownPaths, answerTimeoutMs: number): Promise<HostClient | undefined> {
  const socket = await openSocket(hostSocketPath(paths));
  if (socket === undefined) return undefined;
  const client = new HostClient(socket, answerTimeoutMs);
  try {
    await client.greet();
    return client;
  } catch (error) {
    client.disconnect();
    if (error instanceof GtError && error.code === "E_HOST_LOST") return undefined;
    throw error;
  }
}

async function openSocket(path: string): Promise<Socket | undefined> {
  // Network code takes a while to load, and in a town that is down nobody listens.
  if (!existsSync(path)) return undefined;
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", () => resolve(undefined));
  });
}

interface View {
  readonly options: AttachOptions;
  record: SessionRecord;
}

class HostClient implements SessionHost {
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #views = new Map<number, View>();
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  #nextChannel = 1;
  #isSubscribed = false;
  readonly #answerTimeoutMs: number;
  #isClosed = false;

  constructor(socket: Socket, answerTimeoutMs: number) {
    this.#socket = socket;
    this.#answerTimeoutMs = answerTimeoutMs;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", () => {}); // `close` follows and tells everybody
    socket.on("close", () => this.#lost());
  }

  async greet(): Promise<void> {
    const hello = (await this.#ask("hello", {})) as { readonly protocol: number };
    if (hello.protocol === protocolVersion) return;
    this.disconnect();
    throw new GtError("E_HOST_VERSION", "the running session host belongs to another version of gt", {
      hint: "gt down --all && gt up",
    });
  }

  spawn(spec: SessionSpec): Promise<SessionRecord> {
    return this.#request("spawn", spec) as Promise<SessionRecord>;
  }

  async stop(session: string, options: StopOptions): Promise<void> {
    await this.#request("stop", { session, options });
  }

  list(): Promise<readonly SessionRecord[]> {
    return this.#ask("list", {}) as Promise<readonly SessionRecord[]>;
  }

  async get(session: string): Promise<SessionRecord | undefined> {
    return ((await this.#ask("get", { session })) as SessionRecord | null) ?? undefined;
  }

  async write(session: string, data: string | Uint8Array): Promise<void> {
    await this.#request("write", { session, data: Buffer.from(data as string).toString("base64") });
  }

  screen(session: string, options: { readonly scrollback?: number } = {}): Promise<ScreenText> {
    return this.#ask("screen", { session, scrollback: options.scrollback ?? 0 }) as Promise<ScreenText>;
  }

  async attach(session: string, options: AttachOptions): Promise<Attachment> {
    const { columns, rows, passive = false } = options;
    const channel = this.#nextChannel;
    // Registered before the answer: the snapshot may arrive in the same packet.
    const view: View = { options, record: { session } as SessionRecord };
    this.#views.set(channel, view);
    try {
      view.record = (await this.#request("attach", { session, columns, rows, passive })) as SessionRecord;
    } catch (error) {
      this.#views.delete(channel);
      throw error;
    }
    const size = { columns: view.record.columns, rows: view.record.rows };
    const send = (frame: Buffer): void => {
      if (this.#views.has(channel)) this.#send(frame);
    };
    return {
      get columns() {
        return view.record.columns ?? size.columns;
      },
      get rows() {
        return view.record.rows ?? size.rows;
      },
      write: (data) => send(encodeFrame(FrameKind.data, channel, Buffer.from(data as string))),
      resize: (toColumns, toRows) =>
        send(encodeFrame(FrameKind.resize, channel, encodeSize(toColumns, toRows))),
      acknowledge: (bytes) => send(encodeAcknowledge(channel, bytes)),
      refresh: () => send(encodeFrame(FrameKind.refresh, channel, Buffer.alloc(0))),
      detach: () => {
        send(encodeFrame(FrameKind.detach, channel, Buffer.alloc(0)));
        this.#views.delete(channel);
      },
    };
  }

  deliver(session: string, nudge: { readonly id: string; readonly waitMs: number }): Promise<NudgeState> {
    return this.#request("deliver", { session, nudge }) as Promise<NudgeState>;
  }

  async report(session: string, report: RuntimeReport): Promise<void> {
    await this.#request("report", { session, report });
  }

  subscribe(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener);
    if (!this.#isSubscribed) {
      this.#isSubscribed = true;
      // Fails only when the host is lost, which the listener hears anyway.
      this.#request("subscribe", {}).catch(() => {});
    }
    return () => this.#listeners.delete(listener);
  }

  async shutdown(options: { readonly force: boolean }): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#socket.once("close", () => resolve()));
    try {
      await this.#request("shutdown", { force: options.force });
    } catch (error) {
      if (!(error instanceof GtError && error.code === "E_HOST_LOST")) throw error;
    }
    await closed;
  }

  disconnect(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  /** A request that changes nothing, so that an answer that does not come can be given up: `E_HOST_SILENT`. */
  async #ask(method: string, params: unknown): Promise<unknown> {
    const silence = Promise.withResolvers<never>();
    const timer = setTimeout(() => silence.reject(hostSilent()), this.#answerTimeoutMs);
    try {
      return await Promise.race([this.#request(method, params), silence.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #request(method: string, params: unknown): Promise<unknown> {
    if (this.#socket.destroyed) return Promise.reject(hostLost());
    const channel = this.#nextChannel++;
    const answer = Promise.withResolvers<unknown>();
    this.#pending.set(channel, answer);
    this.#send(encodeJsonFrame(FrameKind.request, channel, { method, params }));
    return answer.promise;
  }

  #send(frame: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(frame);
  }

  #read(chunk: Buffer): void {
    let frames: readonly Frame[];
    try {
      frames = this.#reader.read(chunk);
    } catch {
      this.#socket.destroy(); // not our protocol
      return;
    }
    for (const frame of frames) this.#handle(frame);
  }

  #handle(frame: Frame): void {
    const { kind, channel, payload } = frame;
    const view = this.#views.get(channel);
    switch (kind) {
      case FrameKind.reply:
        this.#settle(channel)?.resolve(parse(payload));
        return;
      case FrameKind.failure:
        this.#settle(channel)?.reject(fromWireError(parse(payload) as WireError));
        return;
      case FrameKind.event:
        this.#tell(parse(payload) as SessionEvent);
        return;
      case FrameKind.data:
        view?.options.onData(payload);
        return;
      case FrameKind.resize: {
        if (view === undefined) return;
        const columns = payload.readUInt16BE(0);
        const rows = payload.readUInt16BE(2);
        view.record = { ...view.record, columns, rows };
        view.options.onResize?.(columns, rows);
        return;
      }
      case FrameKind.exit:
        this.#views.delete(channel);
        view?.options.onExit(parse(payload) as SessionRecord);
        return;
    }
  }

  #settle(channel: number): PromiseWithResolvers<unknown> | undefined {
    const answer = this.#pending.get(channel);
    this.#pending.delete(channel);
    return answer;
  }

  #tell(event: SessionEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  #lost(): void {
    for (const answer of this.#pending.values()) answer.reject(hostLost());
    this.#pending.clear();
    const views = [...this.#views.values()];
    this.#views.clear();
    if (this.#isClosed) return;
    for (const { options, record } of views)
      options.onExit({ ...record, phase: "exited", exitReason: "host-lost" });
    this.#tell({ type: "lost" });
  }
}

function parse(payload: Buffer): unknown {
  return JSON.parse(payload.toString("utf8"));
}

function hostLost(): GtError {
  return new GtError("E_HOST_LOST", "the connection to the session host is lost", { hint: "gt up" });
}

function hostSilent(): GtError {
  return new GtError("E_HOST_SILENT", "the session host is not answering", {
    hint: "gt down --all && gt up",
  });
}
