import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectHost } from "../../../src/agents/sessions/client.ts";
import { isSameProcess } from "../../../src/agents/sessions/process-identity.ts";
import type { SessionHost, SessionSpec } from "../../../src/agents/sessions/session-host.ts";
import { townPaths } from "../../../src/core/town/paths.ts";
import type { TownPaths } from "../../../src/core/town/town.ts";
import { cleanEnvironment } from "../../support/terminal.ts";
import { waitFor } from "../../support/wait-for.ts";

/** A directory that is just town enough for a session host, and real hosts for it. */
export class ScratchHost {
  readonly root: string;
  readonly paths: TownPaths;
  readonly #clients: SessionHost[] = [];

  constructor(name = "gt-host-") {
    this.root = mkdtempSync(join(tmpdir(), name));
    mkdirSync(join(this.root, "mayor"));
    writeFileSync(join(this.root, "mayor", "town.json"), '{"type":"town","version":1,"name":"test"}');
    this.paths = townPaths(this.root, {});
  }

  async connect(options?: Parameters<typeof connectHost>[1]): Promise<SessionHost> {
    const client = await connectHost(this, options);
    this.#clients.push(client);
    return client;
  }

  get hostProcess(): { readonly pid: number; readonly startedAt: string } {
    const text = readFileSync(join(this.paths.runtime, "host.json"), "utf8");
    const { pid, pid_started_at } = JSON.parse(text) as { pid: number; pid_started_at: string };
    return { pid, startedAt: pid_started_at };
  }

  /** As a power cut would do it. */
  async killHost(): Promise<void> {
    const { pid, startedAt } = this.hostProcess;
    process.kill(pid, "SIGKILL");
    await waitFor(() => !isSameProcess(pid, startedAt), { what: "the host to die" });
  }

  async dispose(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    const last = await connectHost(this, { start: false }).catch(() => undefined);
    await last?.shutdown({ force: true });
    last?.disconnect();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A session that runs a shell script. */
export function shellSpec(session: string, script: string, extra: Partial<SessionSpec> = {}): SessionSpec {
  const runId = extra.runId ?? `run-${session}-${process.pid}-${Math.random()}`;
  return {
    session,
    actor: `web/polecats/${session}`,
    role: "polecat",
    rig: "web",
    name: session,
    agent: "shell",
    argv: ["sh", "-c", script],
    cwd: tmpdir(),
    env: cleanEnvironment({ GT_RUN: runId }),
    runId,
    ...extra,
  };
}
