import type { Socket } from "node:net";
import { z } from "zod";
import { GtError } from "../../core/gt-error.ts";
import { encodeFrame, encodeJsonFrame, encodeSize, type Frame, FrameKind, FrameReader } from "./frame.ts";
import type { Host } from "./host.ts";
import type { HostedSession } from "./hosted-session.ts";
import type { NudgeCourier } from "./nudge-courier.ts";
import { protocolVersion, toWireError } from "./protocol.ts";
import type { SessionEvent, SessionRecord } from "./session-host.ts";
import type { Viewer } from "./viewer.ts";

/** A client that leaves this much unread has stopped: output notes are left out, then the connection is cut. */
const skipOutputAtBytes = 64 * 1024;
const cutAtBytes = 16 * 1024 * 1024;

const size = z.number().int().min(1).max(2000);
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
const phaseReason = z.enum(["stopped", "handoff", "done", "crashed", "killed", "host-lost"]);
const specSchema = z.object({
  session: name,
  actor: z.string(),
  role: z.string(),
  rig: z.string(),
  name: z.string(),
  agent: z.string(),
  argv: z.array(z.string()).min(1),
  cwd: z.string().startsWith("/"),
  env: z.record(z.string(), z.string()),
  columns: size.exactOptional(),
  rows: size.exactOptional(),
  bead: z.string().exactOptional(),
  topic: z.string().exactOptional(),
  instruction: z.string().exactOptional(),
  runId: z.string().min(1),
  detection: z
    .object({
      readyPrompt: z.string().exactOptional(),
      readyPattern: z.string().exactOptional(),
      readyDelayMs: z.number().exactOptional(),
      busyPattern: z.string().exactOptional(),
      dialogs: z.array(z.object({ match: z.string(), keys: z.array(z.string()) })).exactOptional(),
      limitPatterns: z.array(z.string()).exactOptional(),
    })
    .exactOptional(),
});
const stopSchema = z.object({
  session: name,
  options: z.object({
    reason: phaseReason,
    force: z.boolean().exactOptional(),
    runId: z.string().exactOptional(),
    why: z.string().exactOptional(),
  }),
});
const sessionSchema = z.object({ session: name });
const writeSchema = z.object({ session: name, data: z.base64() });
const screenSchema = z.object({ session: name, scrollback: z.number().int().min(0).max(100_000) });
const attachSchema = z.object({ session: name, columns: size, rows: size, passive: z.boolean() });
const deliverSchema = z.object({
  session: name,
  nudge: z.object({ id: z.string(), waitMs: z.number().min(0) }),
});
const reportSchema = z.object({
  session: name,
  report: z.object({ runId: z.string(), event: z.enum(["session-start", "prompt", "turn-end"]) }),
});
const forceSchema = z.object({ force: z.boolean() });

interface View {
  readonly session: HostedSession;
  readonly viewer: Viewer;
}

/** Serves one client: reads frames, calls the host, writes frames. */
export class HostConnection {
  readonly #host: Host;
  readonly #courier: NudgeCourier;
  readonly #socket: Socket;
  readonly #onShutdown: (options: { readonly force: boolean }) => Promise<void>;
  readonly #reader = new FrameReader();
  readonly #views = new Map<number, View>();
  #isSubscribed = false;

  constructor(
    host: Host,
    courier: NudgeCourier,
    socket: Socket,
    onShutdown: (options: { readonly force: boolean }) => Promise<void>,
  ) {
    this.#host = host;
    this.#courier = courier;
    this.#socket = socket;
    this.#onShutdown = onShutdown;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    // The close that follows cleans up; a client that vanishes is nothing special.
    socket.on("error", () => {});
    socket.on("close", () => this.#closed());
  }

  publish(event: SessionEvent): void {
    if (!this.#isSubscribed) return;
    if (event.type === "output" && this.#socket.writableLength > skipOutputAtBytes) return;
    this.#send(encodeJsonFrame(FrameKind.event, 0, event));
  }

  #read(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.read(chunk)) this.#handle(frame);
    } catch {
      this.#socket.destroy(); // not our protocol
    }
  }

  #handle(frame: Frame): void {
    const view = this.#views.get(frame.channel);
    switch (frame.kind) {
      case FrameKind.request:
        void this.#answer(frame);
        return;
      case FrameKind.data:
        // Typing into a program that does not read, or has just ended: what is typed has nowhere to go.
        try {
          view?.session.typeByHand(frame.payload);
        } catch (error) {
          if (!(error instanceof GtError)) throw error;
        }
        return;
      case FrameKind.acknowledge:
        view?.viewer.acknowledge(frame.payload.readUInt32BE(0));
        return;
      case FrameKind.resize: {
        const columns = frame.payload.readUInt16BE(0);
        const rows = frame.payload.readUInt16BE(2);
        if (size.safeParse(columns).success && size.safeParse(rows).success)
          view?.session.resizeViewer(view.viewer, columns, rows);
        return;
      }
      case FrameKind.refresh:
        view?.viewer.refresh();
        return;
      case FrameKind.detach:
        view?.session.detach(view.viewer);
        this.#views.delete(frame.channel);
        return;
      default:
        throw new Error(`frame kind ${frame.kind}`);
    }
  }

  async #answer(frame: Frame): Promise<void> {
    try {
      const { method, params } = JSON.parse(frame.payload.toString("utf8")) as {
        readonly method: string;
        readonly params: unknown;
      };
      const result = await this.#call(method, params, frame.channel);
      this.#send(encodeJsonFrame(FrameKind.reply, frame.channel, result));
    } catch (error) {
      const known = error instanceof z.ZodError ? new GtError("E_PROTOCOL", z.prettifyError(error)) : error;
      this.#send(encodeJsonFrame(FrameKind.failure, frame.channel, toWireError(known)));
    }
  }

  async #call(method: string, params: unknown, channel: number): Promise<unknown> {
    switch (method) {
      case "hello":
        return { protocol: protocolVersion, pid: process.pid };
      case "spawn":
        return this.#host.spawn(specSchema.parse(params));
      case "stop": {
        const { session, options } = stopSchema.parse(params);
        return this.#host.stop(session, options);
      }
      case "list":
        return this.#host.list();
      case "get":
        return this.#host.get(sessionSchema.parse(params).session);
      case "write": {
        const { session, data } = writeSchema.parse(params);
        return this.#host.write(session, Buffer.from(data, "base64"));
      }
      case "screen": {
        const { session, scrollback } = screenSchema.parse(params);
        return this.#host.screen(session, scrollback);
      }
      case "attach":
        return this.#attach(attachSchema.parse(params), channel);
      case "subscribe":
        this.#isSubscribed = true;
        return undefined;
      case "deliver": {
        const { session, nudge } = deliverSchema.parse(params);
        return this.#courier.outcome(session, nudge.id, nudge.waitMs);
      }
      case "report": {
        const { session, report } = reportSchema.parse(params);
        return this.#host.session(session).report(report);
      }
      case "shutdown":
        return this.#onShutdown(forceSchema.parse(params));
      default:
        throw new GtError("E_PROTOCOL", `the session host does not know "${method}"`);
    }
  }

  /** Terminal frames of the view use the number of the request that asked for it. */
  #attach(request: z.infer<typeof attachSchema>, channel: number): SessionRecord {
    const session = this.#host.session(request.session);
    const viewer = session.attach(
      request,
      {
        data: (bytes) => this.#send(encodeFrame(FrameKind.data, channel, bytes)),
        resize: (columns, rows) =>
          this.#send(encodeFrame(FrameKind.resize, channel, encodeSize(columns, rows))),
      },
      (record) => {
        this.#send(encodeJsonFrame(FrameKind.exit, channel, record));
        this.#views.delete(channel);
      },
    );
    this.#views.set(channel, { session, viewer });
    return session.record;
  }

  #send(frame: Buffer): void {
    if (this.#socket.destroyed) return;
    this.#socket.write(frame);
    if (this.#socket.writableLength > cutAtBytes) this.#socket.destroy();
  }

  #closed(): void {
    for (const { session, viewer } of this.#views.values()) session.detach(viewer);
    this.#views.clear();
  }
}
