import { chmodSync, existsSync, type FSWatcher, rmSync, watch, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { acquireLock, type Lock } from "../../core/lock/lock.ts";
import type { TownPaths } from "../../core/town/town.ts";
import { Host } from "./host.ts";
import { HostConnection } from "./host-connection.ts";
import type { SessionTimes } from "./hosted-session.ts";
import { NudgeCourier } from "./nudge-courier.ts";
import { processStartTime } from "./process-identity.ts";
import { protocolVersion } from "./protocol.ts";
import { recoverSessions } from "./recover-sessions.ts";
import type { SessionEvent, SessionRecord } from "./session-host.ts";
import { StartVerifier, type VerifyLimits } from "./start-verifier.ts";
import { ensureSocketDirectory, hostSocketPath } from "./socket-path.ts";

const settleMs = 250;

export interface HostTimes extends SessionTimes {
  /** From the end of a rate limit to the word that goes on; half a minute by default. */
  readonly afterLimitMs?: number;
}

export interface HostServerOptions {
  readonly paths: TownPaths;
  readonly clock: Clock;
  readonly times: HostTimes;
  readonly log: (line: string) => void;
  /** Opens the town's ledger; asked for when there is something to deliver. */
  readonly openLedger: () => Promise<Ledger>;
  /** When an agent that does nothing is told again to begin. */
  readonly verifyStart: () => VerifyLimits;
  /** Told every event but `output`, for the town's event log. */
  readonly onEvent: (event: SessionEvent) => void;
}

/**
 * The one session host of a town behind its socket. Holds the lock `host` as long as it lives; `start` throws `E_BUSY`
 * when another one has it.
 */
export class HostServer {
  readonly #options: HostServerOptions;
  readonly #host: Host;
  readonly #socketPath: string;
  readonly #courier: NudgeCourier;
  readonly #verifier: StartVerifier;
  readonly #connections = new Set<HostConnection>();
  readonly #closed = Promise.withResolvers<void>();
  #lock: Lock;
  #ledger: Promise<Ledger> | undefined;
  #server: Server | undefined;
  #watcher: FSWatcher | undefined;
  #removal: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  static async start(options: HostServerOptions): Promise<HostServer> {
    const { paths, clock, times, log } = options;
    const lock = await acquireLock(paths.locks, "host", { kind: "host" });
    const lost = await recoverSessions(paths.sessions, clock, times.terminateMs);
    for (const record of lost) {
      log(`session ${record.session} was lost with the previous host`);
      options.onEvent({ type: "exited", record });
    }
    const server = new HostServer(options, lock, lost);
    await server.#listen();
    return server;
  }

  private constructor(options: HostServerOptions, lock: Lock, lost: readonly SessionRecord[]) {
    this.#options = options;
    this.#lock = lock;
    this.#socketPath = hostSocketPath(options.paths);
    this.#host = new Host({
      records: options.paths.sessions,
      lost,
      clock: options.clock,
      times: options.times,
      publish: (event) => this.#publish(event),
      log: options.log,
    });
    this.#courier = new NudgeCourier(
      this.#host,
      () => this.#openLedger(),
      options.clock,
      options.log,
      options.times.afterLimitMs,
    );
    this.#verifier = new StartVerifier({
      host: this.#host,
      ledger: () => this.#openLedger(),
      clock: options.clock,
      limits: options.verifyStart,
      kick: (session) => this.#courier.kick(session),
      log: options.log,
    });
  }

  /** Resolves when the host has ended all sessions and its socket is gone. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  close(options: { readonly force: boolean }): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async #close(options: { readonly force: boolean }): Promise<void> {
    this.#options.log("shutting down");
    this.#watcher?.close();
    clearTimeout(this.#removal);
    this.#verifier.close();
    await this.#host.close(options);
    rmSync(join(this.#options.paths.runtime, "host.json"), { force: true });
    rmSync(this.#socketPath, { force: true });
    this.#server?.close();
    this.#lock.release();
    // The answer to whoever asked for the end still has to leave.
    setImmediate(() => this.#closed.resolve());
  }

  #openLedger(): Promise<Ledger> {
    this.#ledger ??= this.#options.openLedger().catch((error: unknown) => {
      // It may be a full disk, and another time it opens.
      this.#ledger = undefined;
      throw error;
    });
    return this.#ledger;
  }

  #publish(event: SessionEvent): void {
    if (event.type === "phase" && event.record.phase === "idle") this.#courier.kick(event.record.session);
    if (event.type === "phase" && event.record.phase === "limited") this.#courier.limited(event.record);
    if (event.type === "exited") {
      const { session, agent } = event.record;
      this.#courier.ended(session, agent).catch((error) => this.#options.log(`nudges: ${String(error)}`));
    }
    this.#verifier.note(event);
    if (event.type !== "output") this.#options.onEvent(event);
    for (const connection of this.#connections) connection.publish(event);
  }

  async #listen(): Promise<void> {
    const directory = dirname(this.#socketPath);
    ensureSocketDirectory(directory);
    // We hold the lock, so a socket that is already there belongs to a dead host.
    rmSync(this.#socketPath, { force: true });
    const server = createServer((socket) => {
      const connection = new HostConnection(this.#host, this.#courier, socket, (options) =>
        this.close(options),
      );
      this.#connections.add(connection);
      socket.on("close", () => this.#connections.delete(connection));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#socketPath, resolve);
    });
    server.on("error", (error) => this.#options.log(`socket: ${error.message}`));
    chmodSync(this.#socketPath, 0o600);
    this.#server = server;
    const { runtime } = this.#options.paths;
    ensureSocketDirectory(runtime);
    writeFileSync(
      join(runtime, "host.json"),
      `${JSON.stringify({
        pid: process.pid,
        pid_started_at: processStartTime(process.pid) ?? "",
        socket: this.#socketPath,
        protocol: protocolVersion,
        started_at: new Date(this.#options.clock.now()).toISOString(),
      })}\n`,
      { mode: 0o600 },
    );
    this.#watcher = watch(directory, () => {
      if (existsSync(this.#socketPath) || this.#removal !== undefined) return;
      // Whoever clears the directory is still at it.
      this.#removal = setTimeout(() => void this.#socketRemoved(), settleMs);
    });
    this.#watcher.on("error", () => {}); // the directory is gone; the event before told us
  }

  /** Somebody cleared `.runtime`: the host serves on, unless the town itself is gone or another host has taken over. */
  async #socketRemoved(): Promise<void> {
    this.#removal = undefined;
    if (this.#closing !== undefined || this.#server === undefined) return;
    this.#server.close();
    this.#server = undefined;
    this.#watcher?.close();
    const { root, locks } = this.#options.paths;
    try {
      if (!existsSync(join(root, "mayor", "town.json"))) throw new Error("the town is gone");
      this.#options.log("the socket was removed; making a new one");
      // The file of our lock is gone too, and a lock on a deleted file excludes nobody.
      this.#lock.release();
      this.#lock = await acquireLock(locks, "host", { kind: "host" });
      await this.#listen();
      this.#host.writeRecords();
    } catch (error) {
      this.#options.log(`ending: ${error instanceof Error ? error.message : String(error)}`);
      await this.close({ force: true });
    }
  }
}
