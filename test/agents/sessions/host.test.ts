import { existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import xterm from "@xterm/headless";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isSameProcess, processStartTime } from "../../../src/agents/sessions/process-identity.ts";
import type { SessionEvent, SessionHost, SessionRecord } from "../../../src/agents/sessions/session-host.ts";
import { readLastScreen, readRecord } from "../../../src/agents/sessions/session-records.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { version } from "../../../src/core/version.ts";
import { inOwnSession } from "../../support/own-session.ts";
import { waitFor } from "../../support/wait-for.ts";
import { ScratchHost, shellSpec } from "./scratch-host.ts";

let scratch: ScratchHost;
let host: SessionHost;

beforeEach(async () => {
  scratch = new ScratchHost();
  host = await scratch.connect();
});
afterEach(() => scratch.dispose());

async function ended(session: string): Promise<SessionRecord> {
  return waitFor(
    async () => {
      const record = await host.get(session);
      return record?.phase === "exited" ? record : undefined;
    },
    { what: `${session} to end`, timeoutMs: 20_000 },
  );
}

async function screenOf(session: string): Promise<string> {
  return (await host.screen(session)).lines.join("\n");
}

async function shows(session: string, text: string): Promise<void> {
  await waitFor(async () => (await screenOf(session)).includes(text), { what: `"${text}" on ${session}` });
}

test("a session runs, shows what it prints, takes what is typed and tells how it ended", async () => {
  const started = await host.spawn(
    shellSpec("nux", 'read -r name; echo "hello $name"; read -r rest; exit 3'),
  );
  expect(started).toMatchObject({ phase: "working", columns: 200, rows: 50, viewers: 0 });
  expect(isSameProcess(started.pid, started.pidStartedAt)).toBe(true);
  await host.write("nux", "world\r");
  await shows("nux", "hello world");
  await host.write("nux", "\r");
  const record = await ended("nux");
  expect(record).toMatchObject({ exitCode: 3, exitReason: "crashed", expected: false });
  expect(readRecord(scratch.paths.sessions, "nux")).toEqual(record);
  expect(readLastScreen(scratch.paths.sessions, "nux").join("\n")).toContain("hello world");
});

test("the child inherits nothing from the host", async () => {
  await host.spawn(
    shellSpec("nux", "env | sort | tr '\\n' ' '; read -r rest", {
      env: { PATH: process.env["PATH"] ?? "", ONLY: "this" },
    }),
  );
  await shows("nux", "ONLY=this");
  expect(await screenOf("nux")).not.toContain("HOME=");
});

test("a name is taken while its session lives and free again when it has ended", async () => {
  await host.spawn(shellSpec("nux", "read -r rest"));
  await expect(host.spawn(shellSpec("nux", "true"))).rejects.toMatchObject({ code: "E_SESSION_EXISTS" });
  await host.write("nux", "\r");
  await ended("nux");
  await host.spawn(shellSpec("nux", "echo again; read -r rest"));
  await shows("nux", "again");
});

test("what cannot start says why and leaves no record", async () => {
  await expect(host.spawn(shellSpec("nux", "", { argv: ["no-such-agent"] }))).rejects.toMatchObject({
    code: "E_SESSION_START",
    message: 'agent "shell": command "no-such-agent" not found in PATH',
  });
  await expect(host.spawn(shellSpec("nux", "true", { cwd: "/no/such/place" }))).rejects.toMatchObject({
    code: "E_SESSION_START",
  });
  expect(await host.list()).toEqual([]);
  expect(readRecord(scratch.paths.sessions, "nux")).toBeUndefined();
});

test("stopping ends a program that ignores Ctrl-C and SIGTERM, and everything that it started", async () => {
  const stray = inOwnSession('trap "" INT TERM HUP; echo child $$; while :; do sleep 1; done');
  const script = `trap "" INT TERM HUP; ${stray} & while :; do sleep 1; done`;
  const started = await host.spawn(shellSpec("nux", script));
  await shows("nux", "child");
  const child = Number(/child (\d+)/.exec(await screenOf("nux"))?.[1]);
  const childStart = processStartTime(child) ?? "";
  await host.stop("nux", { reason: "stopped", force: true });
  expect(isSameProcess(started.pid, started.pidStartedAt)).toBe(false);
  expect(isSameProcess(child, childStart)).toBe(false);
  expect(await host.get("nux")).toMatchObject({ phase: "exited", expected: true, exitReason: "stopped" });
});

test.runIf(process.platform === "linux")(
  "ending what is left of a session whose program has died makes its death no end that somebody asked for (04 §9.2 W2)",
  async () => {
    const { pid, pidStartedAt } = await host.spawn(shellSpec("nux", "echo up; sleep 600"));
    await shows("nux", "up");
    // Asked before it has noticed the death by itself.
    process.kill(scratch.hostProcess.pid, "SIGSTOP");
    process.kill(pid, "SIGKILL");
    await waitFor(() => !isSameProcess(pid, pidStartedAt), { what: "its death" });
    const stopped = host.stop("nux", { reason: "killed", why: "its process is gone" });
    process.kill(scratch.hostProcess.pid, "SIGCONT");
    await Promise.allSettled([stopped]);
    const record = await host.get("nux");
    expect(record).toMatchObject({ phase: "exited", exitReason: "killed", exitSignal: 9 });
    expect(record?.expected).toBe(false);
  },
);

test("a gentle stop is one Ctrl-C; another run of the name is left alone", async () => {
  const script = "trap 'echo bye; exit 0' INT; echo up; while :; do sleep 0.05; done";
  await host.spawn(shellSpec("nux", script));
  await shows("nux", "up");
  await expect(host.stop("nux", { reason: "stopped", runId: "other" })).rejects.toMatchObject({
    code: "E_SESSION_RUN",
  });
  await host.stop("nux", { reason: "handoff" });
  expect(await host.get("nux")).toMatchObject({ exitCode: 0, exitReason: "handoff" });
  await expect(host.stop("nux", { reason: "stopped" })).rejects.toMatchObject({
    code: "E_SESSION_NOT_FOUND",
  });
});

test("subscribers hear start, output and end in order", async () => {
  const events: SessionEvent[] = [];
  const unsubscribe = host.subscribe((event) => events.push(event));
  await host.list();
  await host.spawn(shellSpec("nux", "echo one; sleep 0.5"));
  await waitFor(() => events.some((event) => event.type === "exited"));
  expect(events.map((event) => event.type)).toEqual(["started", "output", "exited"]);
  unsubscribe();
});

test("the host outlives its clients, and another client finds the same session", async () => {
  const { pid } = await host.spawn(shellSpec("nux", "read -r rest"));
  host.disconnect();
  const again = await scratch.connect({ start: false });
  expect(await again.get("nux")).toMatchObject({ pid, phase: "working" });
});

test("many commands at once start one host, and the log tells of its life (06 §9.4)", async () => {
  const first = scratch.hostProcess;
  await host.shutdown({ force: true });
  await expect(scratch.connect({ start: false })).rejects.toMatchObject({ code: "E_HOST_DOWN" });
  const hosts = await Promise.all(Array.from({ length: 5 }, () => scratch.connect()));
  await hosts[0]?.spawn(shellSpec("nux", "read -r rest"));
  for (const each of hosts) expect((await each.list()).length).toBe(1);
  await waitFor(() => !isSameProcess(first.pid, first.startedAt), { what: "the first host to end" });
  const told = readEvents(scratch.paths.events, { filter: { types: ["host_started", "host_stopped"] } });
  const { pid } = scratch.hostProcess;
  const head = { source: "host", actor: "host", visibility: "audit" };
  expect(told).toHaveLength(3);
  expect(told).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ ...head, type: "host_started", payload: { pid: first.pid, version } }),
      expect.objectContaining({ ...head, type: "host_stopped", payload: { pid: first.pid, version } }),
      expect.objectContaining({ ...head, type: "host_started", payload: { pid, version } }),
    ]),
  );
});

test("after kill -9 of the host nothing of its sessions runs on, and the records say so", async () => {
  const stray = inOwnSession('trap "" HUP; echo child $$; while :; do sleep 1; done');
  const script = `${stray} & trap "" HUP; while :; do sleep 1; done`;
  const { pid, pidStartedAt } = await host.spawn(shellSpec("nux", script));
  await shows("nux", "child");
  const child = Number(/child (\d+)/.exec(await screenOf("nux"))?.[1]);
  const childStart = processStartTime(child) ?? "";
  const events: SessionEvent[] = [];
  host.subscribe((event) => events.push(event));
  await scratch.killHost();
  await waitFor(() => events.some((event) => event.type === "lost"));
  await expect(host.list()).rejects.toMatchObject({ code: "E_HOST_LOST" });
  host = await scratch.connect();
  expect(await host.get("nux")).toMatchObject({ phase: "exited", exitReason: "host-lost" });
  expect(isSameProcess(pid, pidStartedAt)).toBe(false);
  expect(isSameProcess(child, childStart)).toBe(false);
});

test("the socket is for this user alone, and a host whose .runtime was cleared serves on", async () => {
  await host.spawn(shellSpec("nux", "read -r rest"));
  const socket = join(scratch.paths.runtime, "host.sock");
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  expect(statSync(scratch.paths.runtime).mode & 0o777).toBe(0o700);
  rmSync(scratch.paths.runtime, { recursive: true });
  await waitFor(() => existsSync(socket), { what: "a new socket" });
  const again = await scratch.connect({ start: false });
  expect(await again.get("nux")).toMatchObject({ phase: "working" });
});

test("a host whose town was removed ends, and its sessions with it", async () => {
  const { pid, pidStartedAt } = await host.spawn(shellSpec("nux", "read -r rest"));
  const server = scratch.hostProcess;
  rmSync(scratch.root, { recursive: true });
  await waitFor(() => !isSameProcess(server.pid, server.startedAt), { what: "the host to end" });
  expect(isSameProcess(pid, pidStartedAt)).toBe(false);
});

test("shutting down ends every session and then the process", async () => {
  const { pid, pidStartedAt } = await host.spawn(shellSpec("nux", "read -r rest"));
  const server = scratch.hostProcess;
  await host.shutdown({ force: false });
  await waitFor(() => !isSameProcess(server.pid, server.startedAt));
  expect(isSameProcess(pid, pidStartedAt)).toBe(false);
  expect(existsSync(join(scratch.paths.runtime, "host.sock"))).toBe(false);
});

test.runIf(process.platform === "linux")(
  "fifty quiet sessions cost the host no CPU",
  async () => {
    for (let index = 0; index < 50; index++)
      await host.spawn(shellSpec(`s${index}`, "echo ready; read -r rest"));
    await shows("s49", "ready");
    const { pid } = scratch.hostProcess;
    // On a loaded machine the work of the starts takes its time; a host that polled would never come to rest.
    await waitFor(
      async () => {
        const ticks = await cpuTicks(pid);
        await new Promise((resolve) => setTimeout(resolve, 2000));
        return (await cpuTicks(pid)) - ticks <= 1;
      },
      { timeoutMs: 60_000, what: "two seconds of at most one tick of 10 ms" },
    );
  },
  120_000,
);

async function cpuTicks(pid: number): Promise<number> {
  const { readFile } = await import("node:fs/promises");
  const stat = await readFile(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

test("a viewer's size decides the pty's, the largest wins, passive ones do not count", async () => {
  await host.spawn(shellSpec("nux", "trap 'stty size' WINCH; stty size; while :; do sleep 0.05; done"));
  await shows("nux", "50 200");
  const ignore = { onData: () => {}, onExit: () => {} };
  const small = await host.attach("nux", { columns: 80, rows: 24, ...ignore });
  await shows("nux", "24 80");
  const large = await host.attach("nux", { columns: 120, rows: 35, ...ignore });
  await shows("nux", "35 120");
  await host.attach("nux", { columns: 300, rows: 90, passive: true, ...ignore });
  small.resize(100, 30);
  large.detach();
  await shows("nux", "30 100");
  expect((await host.get("nux"))?.viewers).toBe(2);
});

test("views get exactly the program's bytes, however they come and go, and then its end", async () => {
  await host.spawn(
    shellSpec(
      "nux",
      "read -r go; i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; read -r end",
    ),
  );
  const one = await follow("nux");
  await host.write("nux", "\r");
  const two = await follow("nux");
  await waitFor(() => one.text().includes("line 1999") && two.text().includes("line 1999"));
  await host.write("nux", "\r");
  const record = await ended("nux");
  await waitFor(() => one.end && two.end);
  expect(one.end).toEqual(record);
  expect(one.text()).toEqual(two.text());
});

test("a slow viewer neither holds up the program nor the others, and sees the present once it reads again", async () => {
  await host.spawn(
    shellSpec(
      "nux",
      "read -r go; yes 'flood flood flood flood flood' | head -c 40000000; echo; echo the-end; read -r rest",
    ),
  );
  const slow = await follow("nux", { acknowledges: false });
  const quick = await follow("nux");
  await host.write("nux", "\r");
  await waitFor(() => quick.text().includes("the-end"), { timeoutMs: 60_000, what: "the flood to end" });
  expect(slow.received()).toBeLessThan(2 * 1024 * 1024);
  slow.catchUp();
  await waitFor(() => slow.text().includes("the-end"), { what: "the slow view to catch up" });
  expect(slow.text()).toEqual(quick.text());
}, 90_000);

/** Attaches a headless terminal, as a pane of the TUI would. */
async function follow(session: string, options: { readonly acknowledges?: boolean } = {}) {
  const { acknowledges = true } = options;
  const terminal = new xterm.Terminal({ cols: 100, rows: 20, allowProposedApi: true });
  let received = 0;
  let behind = 0;
  let isSlow = !acknowledges;
  let end: SessionRecord | undefined;
  const attachment = await host.attach(session, {
    columns: 100,
    rows: 20,
    onData: (bytes) => {
      received += bytes.length;
      if (isSlow) behind += bytes.length;
      terminal.write(bytes, () => {
        if (!isSlow) attachment?.acknowledge(bytes.length);
      });
    },
    onResize: (columns, rows) => terminal.resize(columns, rows),
    onExit: (record) => {
      terminal.write("", () => {
        end = record;
      });
    },
  });
  return {
    attachment,
    received: () => received,
    catchUp: () => {
      isSlow = false;
      attachment.acknowledge(behind);
    },
    text: () => {
      const buffer = terminal.buffer.active;
      return Array.from(
        { length: terminal.rows },
        (_, row) => buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? "",
      ).join("\n");
    },
    get end() {
      return end;
    },
  };
}

test("a host that hangs keeps nobody waiting who only asks, and is asked again when it goes on (spec/06 §12.1)", async () => {
  const asking = await scratch.connect({ answerTimeoutMs: 200 });
  const { pid } = scratch.hostProcess;
  process.kill(pid, "SIGSTOP");
  try {
    await expect(asking.list()).rejects.toMatchObject({ code: "E_HOST_SILENT" });
    await expect(scratch.connect({ answerTimeoutMs: 200 })).rejects.toMatchObject({ code: "E_HOST_SILENT" });
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await expect(waitFor(() => asking.list().catch(() => undefined))).resolves.toEqual([]);
});
