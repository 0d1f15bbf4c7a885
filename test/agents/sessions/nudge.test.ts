import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { healthOf } from "../../../src/agents/patrols/agent-health.ts";
import type { HostServer } from "../../../src/agents/sessions/host-server.ts";
import { nudge } from "../../../src/agents/sessions/nudge.ts";
import {
  allNudges,
  claim,
  enqueue,
  type Nudge,
  outlastLimit,
  settle,
  unclaim,
} from "../../../src/agents/sessions/nudge-queue.ts";
import { reminderText, typedText } from "../../../src/agents/sessions/nudge-text.ts";
import { startAgentSession } from "../../../src/agents/sessions/start-session.ts";
import { changeLocalProperty } from "../../../src/core/town/rig-properties.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { startQuickHost } from "../../support/quick-host.ts";
import { waitFor } from "../../support/wait-for.ts";

let town: PlainTown;
let ownHost: HostServer | undefined;
beforeEach(() => {
  town = new PlainTown();
});
afterEach(async () => {
  await ownHost?.close({ force: true });
  ownHost = undefined;
  await town.dispose();
});

const fake = join(import.meta.dirname, "../../support/fake-agent.mjs");

interface Told {
  readonly text: string;
  readonly how: string;
  readonly busy: boolean;
}

/** A polecat whose agent writes what it was told to a file. */
async function fakeAgent(name: string, env: Readonly<Record<string, string>> = {}) {
  const log = join(town.root, `${name}.log`);
  town.write("settings/config.json", {
    default_agent: "fake",
    agents: {
      fake: {
        provider: "generic",
        command: process.execPath,
        args: [fake],
        ready_prompt: "❯",
        prompt_mode: "arg",
        env: { FAKE_LOG: join(town.root, "$NAME") },
      },
    },
  });
  const address = await town.polecat(name);
  const access = await town.access();
  ownHost ??= await startQuickHost(town.town);
  await startAgentSession(access, { address, topic: "start", env: { ...env, FAKE_LOG: log } });
  const told = (): readonly Told[] => {
    try {
      const lines = readFileSync(log, "utf8").trimEnd().split("\n");
      // The first words came on the command line.
      return lines.map((line) => JSON.parse(line) as Told).filter(({ how }) => how !== "argv");
    } catch {
      return [];
    }
  };
  const host = await access.host();
  await waitFor(async () => (await host.get(`gp-${name}`))?.phase === "idle", {
    what: `${name} to be idle`,
    timeoutMs: 20_000,
  });
  return { address, access, host, session: `gp-${name}`, told };
}

const message = (session: string, text: string, change: Partial<Nudge> = {}): Nudge => ({
  id: `${text}-id`,
  session,
  to: "greenplace/polecats/toast",
  sender: "mayor/",
  message: text,
  priority: "normal",
  mode: "queue",
  kind: "say",
  createdAt: 1000,
  expiresAt: 10_000,
  attempts: 0,
  ...change,
});

test("an idle agent gets the text as one paste with one submit, and the sender is told that it was taken", async () => {
  const { access, address, told } = await fakeAgent("toast");
  const report = await nudge(access, {
    to: "greenplace/toast",
    from: "mayor/",
    text: "hi\nthere\x1b[201~\r",
    mode: "wait-idle",
    waitMs: 15_000,
  });
  expect(report).toMatchObject({ target: address, session: "gp-toast", state: "acknowledged" });
  expect(told()).toEqual([{ text: "[from mayor/] hi\nthere", how: "typed", busy: false }]);
  expect(await allNudges(access.ledger)).toEqual([]);
  expect(readFileSync(town.town.paths.events, "utf8")).toMatch(/"type":"nudge".*"result":"acknowledged"/);
});

test("a busy agent is not disturbed; the text arrives once when its turn is over", async () => {
  const { access, told, host, session } = await fakeAgent("toast", { FAKE_BUSY_MS: "1500" });
  await host.write(session, "long work\r");
  await waitFor(async () => (await host.get(session))?.phase === "working");
  const report = await nudge(access, { to: session, from: "mayor/", text: "later", mode: "wait-idle" });
  expect(report).toMatchObject({ state: "queued", why: "busy" });
  await waitFor(() => told().length === 2, { what: "the nudge" });
  expect(told()[1]).toEqual({ text: "[from mayor/] later", how: "typed", busy: false });
});

test("immediate mode types into a busy agent", async () => {
  const { access, told, host, session } = await fakeAgent("toast", { FAKE_BUSY_MS: "3000" });
  await host.write(session, "long work\r");
  await waitFor(async () => (await host.get(session))?.phase === "working");
  await nudge(access, { to: session, from: "mayor/", text: "normal", mode: "queue" });
  await nudge(access, { to: session, from: "mayor/", text: "now", mode: "immediate" });
  await waitFor(() => told().length > 1, { what: "the immediate one" });
  expect(told()[1]).toEqual({ text: "[from mayor/] now", how: "typed", busy: true });
});

test("many messages to an agent that takes no pastes arrive one by one, in order, urgent first", async () => {
  const { access, told, host, session } = await fakeAgent("toast", { FAKE_PASTE: "0", FAKE_BUSY_MS: "700" });
  await host.write(session, "first\r");
  await waitFor(async () => (await host.get(session))?.phase === "working");
  for (const text of ["a", "b"]) await nudge(access, { to: session, from: "mayor/", text, mode: "queue" });
  await nudge(access, { to: session, from: "mayor/", text: "fire\nfire", mode: "queue", priority: "urgent" });
  await waitFor(() => told().length === 4, { timeoutMs: 30_000, what: "all messages" });
  expect(
    told()
      .slice(1)
      .map((each) => each.text),
  ).toEqual(["[from mayor/] fire fire", "[from mayor/] a", "[from mayor/] b"]);
});

test("what a person has typed but not sent is never mixed with a nudge", async () => {
  const { access, told, host, session } = await fakeAgent("toast");
  await host.write(session, "half a sent");
  await waitFor(async () => (await host.screen(session)).lines.join("\n").includes("half a sent"));
  const report = await nudge(access, {
    to: session,
    from: "mayor/",
    text: "hello",
    mode: "wait-idle",
    waitMs: 1500,
  });
  expect(report.state).toBe("queued");
  await host.write(session, "ence\r");
  await waitFor(() => told().length === 2, { timeoutMs: 20_000, what: "the nudge" });
  expect(told().map((each) => each.text)).toEqual(["half a sentence", "[from mayor/] hello"]);
});

test("nobody to talk to, nothing to say, oneself, the muted and the builtin", async () => {
  const address = await town.polecat("toast");
  const access = await town.access();
  const send = (to: string, extra: object = {}) =>
    nudge(access, { to, from: "mayor/", text: "hi", mode: "queue", ...extra });
  await expect(send("greenplace/polecats/toast")).rejects.toMatchObject({
    code: "E_SESSION_NOT_FOUND",
    message: 'session "gp-toast" not found (cannot queue nudge for nonexistent session)',
  });
  await expect(send("greenplace/nobody")).rejects.toMatchObject({ code: "E_TARGET" });
  await expect(send(address, { text: " \x1b[2J " })).rejects.toMatchObject({ exitCode: 2 });
  await expect(send(address, { text: "x".repeat(8001) })).rejects.toMatchObject({ exitCode: 2 });
  await expect(send(address, { from: address })).rejects.toMatchObject({ message: "cannot nudge yourself" });
  expect(await send("greenplace/witness")).toMatchObject({ state: "woken" });
  expect(await send("deacon")).toMatchObject({ state: "woken" });
  await access.ledger.write("overseer", [
    { op: "setAgent", address, fields: { notificationLevel: "muted" } },
  ]);
  expect(await send(address)).toMatchObject({ state: "muted" });
  await expect(send(address, { force: true })).rejects.toMatchObject({ code: "E_SESSION_NOT_FOUND" });
  await access.ledger.write("overseer", [
    { op: "setAgent", address, fields: { notificationLevel: "normal" } },
  ]);
  const quiet = (value: boolean) =>
    changeLocalProperty(town.town, town.town.rig("greenplace"), "dnd", { value, isBlocked: false });
  await quiet(true);
  expect(await send(address), "04 §7.4: rig property dnd").toMatchObject({ state: "muted" });
  await expect(send(address, { force: true })).rejects.toMatchObject({ code: "E_SESSION_NOT_FOUND" });
  await expect(send("mayor/", { from: address }), "of no rig").rejects.toMatchObject({
    code: "E_SESSION_NOT_FOUND",
  });
  await quiet(false);
  await expect(send(address)).rejects.toMatchObject({ code: "E_SESSION_NOT_FOUND" });
  expect(await allNudges(access.ledger)).toEqual([]);
});

test("a full queue refuses normal messages and still takes some urgent ones", async () => {
  const { ledger }: TownAccess = await town.access();
  for (let index = 0; index < 50; index++)
    await enqueue(ledger, "mayor/", message("s", `m${index}`, { createdAt: 1000 + index }));
  await expect(enqueue(ledger, "mayor/", message("s", "more"))).rejects.toThrow(
    "nudge queue for s is full (50/50 pending)",
  );
  await enqueue(ledger, "mayor/", message("s", "fire", { priority: "urgent" }));
  const [first] = await claim(ledger, { session: "s", run: "r", limit: 1, now: 2000 });
  expect(first?.message).toBe("fire");
});

test("a message is handed over once, whoever claims; one whose claimer died is free again", async () => {
  const { ledger } = await town.access();
  for (let index = 0; index < 20; index++)
    await enqueue(ledger, "mayor/", message("s", `m${index}`, { createdAt: 1000 + index }));
  const claims = await Promise.all(
    Array.from({ length: 10 }, () => claim(ledger, { session: "s", run: "r1", limit: 2, now: 2000 })),
  );
  const texts = claims.flat().map((each) => each.message);
  expect(new Set(texts).size).toBe(20);
  expect(await claim(ledger, { session: "s", run: "r1", limit: 9, now: 2000 })).toEqual([]);
  const again = await claim(ledger, { session: "s", run: "r2", limit: 3, now: 2000 });
  expect(again.map((each) => each.message)).toEqual(["m0", "m1", "m2"]);
  await settle(ledger, "mayor/", again[0] ?? message("s", ""), "acknowledged");
  await unclaim(ledger, again.slice(1), { attempted: true });
  const later = await claim(ledger, { session: "s", run: "r2", limit: 1, now: 2000 });
  expect(later).toMatchObject([{ message: "m1", attempts: 1 }]);
});

test("expired messages are dropped and counted", async () => {
  const { ledger } = await town.access();
  await enqueue(ledger, "mayor/", message("s", "old"));
  expect(await claim(ledger, { session: "s", run: "r", limit: 1, now: 10_001 })).toEqual([]);
  expect(await allNudges(ledger)).toEqual([]);
  expect(readFileSync(town.town.paths.events, "utf8")).toContain('"type":"nudge_expired"');
});

test("messages are rendered with their senders and cannot end the block they stand in", () => {
  const nudges = [
    message("s", "rebase", { priority: "urgent" }),
    message("s", "see gp-1\nand gp-2", { sender: "greenplace/crew/max" }),
  ];
  expect(reminderText(nudges)).toBe(
    [
      "<system-reminder>",
      "QUEUED NUDGE (1 urgent):",
      "  [URGENT from mayor/] rebase",
      "  [from greenplace/crew/max] see gp-1",
      "    and gp-2",
      "Handle urgent ones now, the others at the next stopping point, then continue your task.",
      "</system-reminder>",
    ].join("\n"),
  );
  expect(typedText(nudges.slice(1))).toBe("[from greenplace/crew/max] see gp-1\nand gp-2");
});

test("at a rate limit nothing is typed and nobody worries; half a minute after its end the agent is told once to go on, then what waited", async () => {
  // The clock and its timers are turned by hand, and else go on as usual.
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], shouldAdvanceTime: true });
  onTestFinished(() => void vi.useRealTimers());
  vi.setSystemTime(new Date(2026, 3, 30, 14, 0));
  const { access, address, told, host, session } = await fakeAgent("toast");
  await access.ledger.write("overseer", [
    { op: "create", bead: { title: "Paint", scope: "greenplace" }, as: "bead" },
    { op: "hook", address, bead: "$bead" },
    { op: "setAgent", address, fields: { state: "working", hookState: "active" } },
  ]);
  // The fake shows the text of its last message, as a runtime shows its notice.
  const notice = "You've hit your session limit · resets 3pm";
  await host.write(session, `${notice}\r`);
  const record = await waitFor(async () => {
    const now = await host.get(session);
    return now?.phase === "limited" ? now : undefined;
  });
  expect(record.limitedUntil).toBe(new Date(2026, 3, 30, 15, 0).getTime());
  const report = await nudge(access, { to: session, from: "mayor/", text: "later", mode: "wait-idle" });
  expect(report).toMatchObject({ state: "queued", why: "rate limited until 15:00" });
  const heard = () => told().map((each) => each.text);

  vi.advanceTimersByTime(new Date(2026, 3, 30, 15, 0, 25).getTime() - Date.now());
  expect(await host.get(session)).toMatchObject({ phase: "limited", runId: record.runId });
  expect(await healthOf(access, address)).toMatchObject({ tag: "limited", needsAttention: false });
  expect(heard()).toEqual([notice]);
  vi.advanceTimersByTime(10_000);
  await waitFor(() => heard().length >= 3, { timeoutMs: 20_000, what: "the messages" });
  expect(heard()).toEqual([notice, "Continue.", "[from mayor/] later"]);
}, 60_000);

test("what waited before the limit began outlasts it", async () => {
  const { ledger } = await town.access();
  await enqueue(ledger, "mayor/", message("s", "early"));
  await outlastLimit(ledger, "s", 3_600_000);
  const half = 30 * 60_000;
  expect(await claim(ledger, { session: "s", run: "r", limit: 1, now: 3_600_000 + half - 1 })).toMatchObject([
    { message: "early" },
  ]);
  await outlastLimit(ledger, "s", 3_600_000);
  expect(await allNudges(ledger)).toMatchObject([{ expiresAt: 3_600_000 + half }]);
});
