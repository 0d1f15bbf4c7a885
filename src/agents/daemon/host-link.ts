import type { SessionEvent, SessionHost } from "../sessions/session-host.ts";

type Connect = (options: { readonly start: boolean }) => Promise<SessionHost>;

/**
 * The daemon's one connection to the session host. It is made on first use, made anew after a loss, and its events reach
 * one listener, so that duties never care which connection they speak through.
 */
export class HostLink {
  readonly #connect: Connect;
  readonly #onEvent: (event: SessionEvent) => void;
  #host: SessionHost | undefined;
  #connecting: Promise<SessionHost> | undefined;
  #isClosed = false;

  constructor(connect: Connect, onEvent: (event: SessionEvent) => void) {
    this.#connect = connect;
    this.#onEvent = onEvent;
  }

  get isConnected(): boolean {
    return this.#host !== undefined;
  }

  async get(options: { readonly start?: boolean } = {}): Promise<SessionHost> {
    if (this.#host !== undefined) return this.#host;
    const mayStart = options.start ?? true;
    // Whoever may start a host must not inherit the refusal of somebody who may not.
    if (this.#connecting !== undefined && mayStart) await this.#connecting.catch(() => undefined);
    if (this.#host !== undefined) return this.#host;
    this.#connecting ??= this.#open(mayStart).finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  close(): void {
    this.#isClosed = true;
    this.#host?.disconnect();
    this.#host = undefined;
  }

  async #open(start: boolean): Promise<SessionHost> {
    const host = await this.#connect({ start });
    if (this.#isClosed) host.disconnect();
    else this.#host = host;
    host.subscribe((event) => {
      if (event.type === "lost" && this.#host === host) this.#host = undefined;
      if (!this.#isClosed) this.#onEvent(event);
    });
    return host;
  }
}
