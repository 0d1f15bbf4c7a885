import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { stepReached } from "../../../src/agents/costs/budget.ts";
import { costLines, spentOn, trimCosts } from "../../../src/agents/costs/cost-ledger.ts";
import { expectBudget } from "../../../src/agents/costs/daily-budget.ts";
import { findTranscript } from "../../../src/agents/costs/find-transcript.ts";
import { priceOf, readPrices } from "../../../src/agents/costs/pricing.ts";
import { readTranscript, type TranscriptFormat } from "../../../src/agents/costs/read-transcript.ts";
import { type CostSubject, recordCosts } from "../../../src/agents/costs/record-costs.ts";
import { allNudges } from "../../../src/agents/sessions/nudge-queue.ts";
import { startAgentSession } from "../../../src/agents/sessions/start-session.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { PlainTown } from "../../support/plain-town.ts";

let town: PlainTown;
let access: TownAccess;
let now = Date.parse("2026-03-02T12:00:00");
const address = "greenplace/polecats/toast";

beforeEach(async () => {
  town = new PlainTown();
  now = Date.parse("2026-03-02T12:00:00");
  await town.polecat("toast");
  access = { ...(await town.access(address)), clock: { now: () => now } };
});
afterEach(() => town.dispose());

const write = (name: string, lines: readonly (object | string)[]): string => {
  const file = join(town.root, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
  );
  return file;
};
const assistant = (id: string, output: number, model = "claude-opus-4-5") => ({
  type: "assistant",
  message: {
    id,
    model,
    usage: { input_tokens: 1000, output_tokens: output, cache_read_input_tokens: 10_000 },
  },
});

describe("transcripts", () => {
  const cases: readonly (readonly [TranscriptFormat, readonly (object | string)[], object])[] = [
    [
      "claude",
      [assistant("m1", 5), assistant("m1", 500), assistant("m2", 100), { type: "user" }, '{"type":"assist'],
      { input: 2000, output: 600, cacheRead: 20_000, cacheWrite: 0 },
    ],
    [
      "codex",
      [
        { type: "turn_context", payload: { model: "gpt-5-codex" } },
        tokenCount(1000, 200, 10),
        tokenCount(3000, 1000, 50),
      ],
      { input: 2000, output: 50, cacheRead: 1000, cacheWrite: 0 },
    ],
    [
      "gemini",
      [
        JSON.stringify({
          messages: [
            { type: "user", content: "x" },
            { model: "gemini-3", tokens: { input: 500, cached: 100, output: 20, thoughts: 5, tool: 7 } },
          ],
        }),
      ],
      { input: 407, output: 25, cacheRead: 100, cacheWrite: 0 },
    ],
    [
      "copilot",
      [
        { type: "session.start", data: {} },
        {
          type: "session.usage_record",
          data: { usage: { model: "gpt-5", inputTokens: 10, cacheReadTokens: 4, outputTokens: 5, cost: 1 } },
        },
        '{"type":"session.us',
      ],
      { input: 6, output: 5, cacheRead: 4, cacheWrite: 0 },
    ],
    [
      "pi",
      [
        { type: "message", message: { role: "user" } },
        {
          type: "message",
          message: {
            model: "m",
            usage: { input: 1, output: 2, cacheRead: 3, cacheWrite: 4, cost: { total: 0.5 } },
          },
        },
      ],
      { input: 1, output: 2, cacheRead: 3, cacheWrite: 4 },
    ],
  ];
  test.each(cases)("of %s say what was used, torn lines aside", (format, lines, tokens) => {
    const usage = readTranscript(format, write("t.jsonl", lines), "abc");
    expect([...(usage ?? [])]).toHaveLength(1);
    expect([...(usage?.values() ?? [])][0]?.tokens).toEqual(tokens);
  });

  test("of OpenCode are in its database, with those of its helpers", () => {
    const database = new Database(join(town.root, "opencode.db"));
    database.exec(
      "CREATE TABLE session (id TEXT, parent_id TEXT); CREATE TABLE message (session_id TEXT, data TEXT)",
    );
    database.exec("INSERT INTO session VALUES ('abc', NULL), ('help', 'abc'), ('other', NULL)");
    const tokens = { input: 6, output: 4, reasoning: 1, cache: { read: 4, write: 2 } };
    const said = (session: string, role: string) =>
      database
        .prepare("INSERT INTO message VALUES (?, ?)")
        .run(session, JSON.stringify({ role, modelID: "m", cost: 0.5, tokens }));
    for (const session of ["abc", "help", "other"]) said(session, "assistant");
    said("abc", "user");
    database.close();
    expect([...(readTranscript("opencode", join(town.root, "opencode.db"), "abc") ?? [])]).toEqual([
      ["m", { tokens: { input: 12, output: 10, cacheRead: 8, cacheWrite: 4 }, reportedUsd: 1 }],
    ]);
    expect(readTranscript("opencode", write("no.db", ["no database"]), "abc")).toBeUndefined();
  });

  test("are found where each runtime keeps them, and only for ids that are ids", () => {
    const home = town.root;
    const search = { provider: "claude", sessionId: "abc", cwd: "/a b/c.d", env: { HOME: home } };
    const claude = write(".claude/projects/-a-b-c-d/abc.jsonl", []);
    expect(findTranscript({ ...search, format: "claude" })).toBe(claude);
    const codex = write(".codex/sessions/2026/03/01/rollout-2026-03-01T10-00-00-abc.jsonl", []);
    expect(findTranscript({ ...search, format: "codex", provider: "codex" })).toBe(codex);
    const omp = write(".omp/agent/sessions/--a--/2026_abc.jsonl", []);
    expect(findTranscript({ ...search, format: "pi", provider: "omp" })).toBe(omp);
    const copilot = write(".copilot/session-state/abc/events.jsonl", []);
    expect(findTranscript({ ...search, format: "copilot", provider: "copilot" })).toBe(copilot);
    const opencode = write(".local/share/opencode/opencode.db", []);
    expect(findTranscript({ ...search, format: "opencode", provider: "opencode" })).toBe(opencode);
    expect(findTranscript({ ...search, format: "claude", sessionId: "../../abc" })).toBeUndefined();
  });
});

test("the longest known part of a model's name decides its price; own prices win; unknown models are guesses", () => {
  const usage = (model: string) =>
    new Map([[model, { tokens: { input: 1_000_000, output: 0, cacheRead: 0, cacheWrite: 0 } }]]);
  expect(priceOf(usage("claude-opus-4"), readPrices(town.town))).toEqual({ usd: 15, isGuess: false });
  expect(priceOf(usage("gpt-9"), readPrices(town.town))).toEqual({ usd: 3, isGuess: true });
  const price = { input: 2, output: 8, cache_read: 0, cache_write: 0 };
  town.write("settings/pricing.json", { "opus-4": price });
  expect(priceOf(usage("claude-opus-4"), readPrices(town.town)).usd).toBe(2);
  town.write("settings/pricing.json", { "opus-4": { ...price, output: "8" } });
  expect(() => readPrices(town.town)).toThrow(
    "settings/pricing.json: opus-4.output: a number >= 0 is needed",
  );
});

function subject(transcript: string, more: Partial<CostSubject> = {}): CostSubject {
  return {
    ...{ address, session: "gp-toast", sessionId: "abc", agent: "claude", provider: "claude" },
    ...{ cwd: town.root, transcript, env: {}, workItem: "gp-1", ...more },
  };
}

test("a conversation is booked by day and bead, each part once, however often it is measured", async () => {
  const file = write("t.jsonl", [assistant("m1", 1000)]);
  await recordCosts(access, subject(file));
  await recordCosts(access, subject(file));
  expect(await costLines(access.ledger)).toMatchObject([
    { day: "2026-03-02", workItem: "gp-1", model: "claude-opus-4-5", tokens: { output: 1000 } },
  ]);
  const first = await spentOn(access.ledger, "2026-03-02");
  expect(first).toBeCloseTo(0.015 + 0.075 + 0.015);
  appendFileSync(file, `\n${JSON.stringify(assistant("m2", 2000))}`);
  now += 86_400_000;
  const booked = await recordCosts(access, subject(file, { workItem: "gp-2" }));
  const lines = await costLines(access.ledger);
  expect(lines.map((line) => [line.day, line.workItem, line.tokens.output])).toEqual([
    ["2026-03-02", "gp-1", 1000],
    ["2026-03-03", "gp-2", 2000],
  ]);
  expect(lines.reduce((sum, line) => sum + (line.usd ?? 0), 0)).toBeCloseTo(booked?.usd ?? 0);
  now += 100 * 86_400_000;
  await trimCosts(access.ledger, now);
  expect(await costLines(access.ledger)).toEqual([]);
});

test("a runtime that records nothing costs an unknown sum, never a guess; a shell costs nothing", async () => {
  await recordCosts(access, subject("", { provider: "cursor", agent: "cursor" }));
  expect(await costLines(access.ledger)).toMatchObject([{ usd: null }]);
  expect(await recordCosts(access, subject("", { provider: "shell" }))).toBeUndefined();
});

test("80 and 100 percent of a budget are told once each; the session is asked to finish, and new ones are refused", async () => {
  expect([stepReached(79, 100), stepReached(80, 100), stepReached(100, 100), stepReached(5, 0)]).toEqual([
    0, 80, 100, 0,
  ]);
  town.write("settings/config.json", {
    budget: { session_usd: 0.12, daily_usd: 0.2 },
    default_agent: "quick",
    agents: { quick: { provider: "generic", command: "sh", args: ["-c", "exit 3"] } },
  });
  const file = write("t.jsonl", [assistant("m1", 1000)]);
  await recordCosts(access, subject(file));
  await recordCosts(access, subject(file));
  expect(await allNudges(access.ledger, "gp-toast")).toEqual([]);
  await expectBudget(town.town, access.ledger, now);
  appendFileSync(file, `\n${JSON.stringify(assistant("m2", 2000))}`);
  await recordCosts(access, subject(file));
  await recordCosts(access, subject(file));
  expect(await allNudges(access.ledger, "gp-toast")).toMatchObject([
    { priority: "urgent", message: expect.stringContaining("of its budget of $0.12") },
  ]);
  await expect(startAgentSession(access, { address, topic: "start" })).rejects.toMatchObject({
    code: "E_BUDGET",
    message: expect.stringMatching(/today's budget is used up: \$0\.\d\d of \$0\.20/),
  });
  // What takes the place of a session that was ended for it is not refused; this one only ends at once.
  await expect(startAgentSession(access, { address, topic: "handoff" })).rejects.toMatchObject({
    code: "E_SESSION_START",
  });
  await expectBudget(town.town, access.ledger, now + 86_400_000);
});

function tokenCount(input: number, cached: number, output: number): object {
  const total = { input_tokens: input, cached_input_tokens: cached, output_tokens: output };
  return { type: "event_msg", payload: { type: "token_count", info: { total_token_usage: total } } };
}
