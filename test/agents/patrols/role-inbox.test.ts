import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { readLifecycleRequest } from "../../../src/agents/patrols/lifecycle-request.ts";
import { isSwitchedOff } from "../../../src/agents/patrols/role-switch.ts";
import { readRoleInbox } from "../../../src/agents/patrols/role-inbox.ts";
import { decideStaleHook, findStaleHooks, openStaleHook } from "../../../src/agents/patrols/stale-hooks.ts";
import { startAgentSession } from "../../../src/agents/sessions/start-session.ts";
import { sendMail } from "../../../src/agents/mail/send-mail.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { refinerySwitch } from "../../../src/core/merge/refinery-switch.ts";
import type { Agent, Bead } from "../../../src/core/ledger/bead.ts";
import { PlainTown } from "../../support/plain-town.ts";

const hour = 3_600_000;
let town: PlainTown;
let access: TownAccess;
let laterMs = 0;
beforeEach(async () => {
  laterMs = 0;
  town = new PlainTown();
  town.write("settings/config.json", {
    default_agent: "script",
    agents: {
      script: {
        provider: "generic",
        command: "sh",
        args: ["-c", "printf '> '; sleep 1000"],
        prompt_mode: "arg",
        ready_prompt: "> ",
      },
    },
  });
  access = { ...(await town.access("daemon")), clock: { now: () => Date.now() + laterMs } };
});
afterEach(() => town.dispose());

const send = (to: string, subject: string, body: string, from = "greenplace/polecats/toast") =>
  sendMail(access, { from, to: [to], subject, body }, "quietly");
const mailOf = async (address: string) =>
  (await access.ledger.find({ type: "message", status: "open", assignee: address })).map(
    (mail) => mail.title,
  );

test("what is asked for in a LIFECYCLE mail: JSON or a bare word, for the sender or somebody else", () => {
  const read = (subject: string, body: string) =>
    readLifecycleRequest({ subject, body, from: "greenplace/polecats/toast" });
  expect(read("LIFECYCLE: x", '{"action":"cycle","target":"gp/witness"}')).toEqual({
    action: "restart",
    target: "gp/witness",
  });
  expect(read("LIFECYCLE: x", "shutdown")).toEqual({
    action: "shutdown",
    target: "greenplace/polecats/toast",
  });
  expect(read("LIFECYCLE: restart", "")).toEqual({ action: "restart", target: "greenplace/polecats/toast" });
  for (const body of ["explode", '{"action":"explode"}', "{", '{"action":"restart","target":"overseer"}'])
    expect(read("LIFECYCLE: please", body)).toBeUndefined();
});

test("a shutdown that was asked for is carried out once; one that is too old is not", async () => {
  const address = await town.polecat("toast");
  await startAgentSession(access, { address, topic: "start" });
  await send("deacon/", "LIFECYCLE: request", "shutdown");
  laterMs = 6 * hour;
  expect(await readRoleInbox(access, "deacon/")).toEqual([expect.stringContaining("too old")]);
  expect(await liveSession(access, address)).toBeDefined();
  laterMs = 0;
  await send("deacon/", "LIFECYCLE: request", "shutdown");
  expect(await readRoleInbox(access, "deacon/")).toEqual([expect.stringContaining("shutdown of greenplace")]);
  expect(await liveSession(access, address)).toBeUndefined();
  expect(await readRoleInbox(access, "deacon/")).toEqual([]);
}, 60_000);

test("a restart gives the agent a fresh session with its hook", async () => {
  const address = await town.polecat("toast");
  const first = await startAgentSession(access, { address, topic: "start" });
  await send("deacon/", "LIFECYCLE: request", '{"action":"restart"}');
  await readRoleInbox(access, "deacon/");
  const second = await liveSession(access, address);
  expect(second?.runId).not.toBe(first.runId);
}, 60_000);

test("a builtin role is no session: its loop looks anew, or rests", async () => {
  const ask = (body: string) => send("deacon/", "LIFECYCLE: request", body, "mayor/");
  await ask('{"action":"restart","target":"greenplace/witness"}');
  expect(await readRoleInbox(access, "deacon/")).toEqual([
    expect.stringContaining("restart of greenplace/witness"),
  ]);
  expect(await liveSession(access, "greenplace/witness").catch(() => undefined)).toBeUndefined();
  const calls = await access.ledger.rows("duties", { prefix: "wake/" });
  expect(calls.map(({ key }) => key)).toContain("wake/greenplace/witness");
  for (const role of ["witness", "refinery"])
    await ask(JSON.stringify({ action: "shutdown", target: `greenplace/${role}` }));
  await readRoleInbox(access, "deacon/");
  expect(await isSwitchedOff(access, "greenplace/witness")).toBe(true);
  expect(await refinerySwitch(access.ledger, "greenplace")).toMatchObject({ isOff: true });
});

test("a call for help becomes an escalation for who can help; protocol is noted, other mail goes to the mayor", async () => {
  await send(
    "greenplace/witness",
    "HELP: cannot push",
    "Agent: toast\nProblem: blocked by a lock\n\nSince noon.",
  );
  await send("greenplace/witness", "POLECAT_DONE toast", "Exit: COMPLETED");
  await send("greenplace/witness", "Lunch?", "Are you hungry");
  const told = await readRoleInbox(access, "greenplace/witness");
  expect(told.map((line) => line.split(": ").at(-1)).sort()).toEqual([
    "asked for help",
    "noted",
    "passed on to the mayor",
  ]);
  const [help] = await access.ledger.find({ type: "escalation" });
  expect(help).toMatchObject({
    title: "greenplace/polecats/toast needs help: cannot push",
    metadata: { escalation: { severity: "high", tier: "mayor" } },
  });
  expect(await mailOf("mayor/")).toEqual(expect.arrayContaining(["Fwd: Lunch?"]));
  expect(await mailOf("greenplace/witness")).toEqual([]);
});

test("a message to many roles reaches the mayor once, and an escalation not again", async () => {
  await sendMail(
    access,
    {
      ...{
        from: "overseer",
        to: ["deacon/", "greenplace/witness", "greenplace/refinery"],
        writtenTo: "@all",
      },
      ...{ subject: "Freeze at noon", body: "no merges" },
    },
    "quietly",
  );
  const escalated = { type: "escalation", thread: "hq-esc-1", isPermanent: true } as const;
  await sendMail(
    access,
    { from: "overseer", to: ["deacon/"], subject: "[LOW] look", body: "x", ...escalated },
    "quietly",
  );
  for (const role of ["deacon/", "greenplace/witness", "greenplace/refinery"])
    await readRoleInbox(access, role);
  expect(await mailOf("mayor/")).toEqual(["Fwd: Freeze at noon"]);
});

test("structured mail without what it must say stays unread and is told of once; what it says is kept in the log", async () => {
  await send("greenplace/witness", "RECOVERY_NEEDED greenplace/toast", "Branch: b");
  await send("greenplace/witness", "POLECAT_DONE toast", "Exit: DEFERRED\nIssue: gp-1\n\nfree text");
  await send("greenplace/witness", "ESCALATION: which library?", "two fit");
  for (let round = 0; round < 2; round++) await readRoleInbox(access, "greenplace/witness");
  expect(await mailOf("greenplace/witness")).toEqual(["RECOVERY_NEEDED greenplace/toast"]);
  const events = readFileSync(access.town.paths.events, "utf8")
    .split("\n")
    .flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  const errors = events.filter(({ type }) => type === "error");
  expect(errors).toMatchObject([{ payload: { code: "E_PROTOCOL" }, visibility: "feed" }]);
  expect(events).toContainEqual(
    expect.objectContaining({
      ...{ type: "protocol", visibility: "audit", source: "daemon" },
      payload: expect.objectContaining({
        subject: "POLECAT_DONE toast",
        fields: { Exit: "DEFERRED", Issue: "gp-1" },
      }),
    }),
  );
  const [asked] = await access.ledger.find({ type: "escalation" });
  expect(asked).toMatchObject({ title: "which library?", metadata: { escalation: { severity: "high" } } });
});

test("hooks of roles without a session are given back after an hour; a person's desk is only named", () => {
  const now = 10 * hour;
  const hooked = (
    assignee: string,
    agent: Partial<Agent> | undefined,
    session: "alive" | "dead" | "unknown",
  ) =>
    decideStaleHook(
      {
        bead: { id: "b", assignee, updatedAt: now - hour, metadata: {} } as unknown as Bead,
        ...(agent === undefined ? {} : { agent: agent as Agent }),
        session,
      },
      now,
      hour,
    )?.kind;
  const there = { state: "running" } as const;
  expect(hooked("deacon/", there, "dead")).toBe("open");
  expect(hooked("deacon/", there, "alive")).toBeUndefined();
  expect(hooked("deacon/", there, "unknown"), "nothing is known of sessions").toBeUndefined();
  expect(hooked("web/crew/joe", there, "dead")).toBe("report");
  expect(hooked("web/crew/joe", undefined, "dead")).toBe("open");
  expect(hooked("web/witness", { state: "nuked" }, "dead")).toBe("open");
  expect(hooked("mayor/", there, "dead"), "it is kept alive").toBeUndefined();
  expect(hooked("mayor/", { state: "stopped" }, "dead")).toBe("open");
});

test("a stale hook is opened in the ledger, and only once", async () => {
  const { created } = await access.ledger.write("overseer", [
    {
      op: "ensureAgent",
      agent: { id: "hq-deacon", address: "deacon/", role: "deacon", rig: "", name: "" },
    },
    { op: "create", bead: { title: "Look", scope: "town" }, as: "bead" },
    { op: "hook", address: "deacon/", bead: "$bead" },
  ]);
  expect(await findStaleHooks(access, hour)).toEqual([]);
  laterMs = hour;
  const [found] = await findStaleHooks(access, hour);
  if (found === undefined) throw new Error("nothing found");
  await openStaleHook(access, found);
  expect(await access.ledger.get(created[0] ?? "")).toMatchObject({ status: "open", assignee: "" });
  expect(await access.ledger.agent("deacon/")).toMatchObject({ hookBead: "" });
  await expect(openStaleHook(access, found)).rejects.toMatchObject({ code: "E_CONFLICT" });
});
