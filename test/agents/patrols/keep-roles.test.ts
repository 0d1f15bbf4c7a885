import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { liveSession } from "../../../src/agents/lifecycle/agent-session.ts";
import { startMayor } from "../../../src/agents/lifecycle/mayor.ts";
import { restartRole, startRole } from "../../../src/agents/lifecycle/role-session.ts";
import { sendMail } from "../../../src/agents/mail/send-mail.ts";
import { keepRoles } from "../../../src/agents/patrols/keep-roles.ts";
import { StartBudget } from "../../../src/agents/patrols/start-budget.ts";
import { endWarrant, fileWarrant } from "../../../src/agents/patrols/warrants.ts";
import { allNudges, type Nudge } from "../../../src/agents/sessions/nudge-queue.ts";
import { stopAgentSession } from "../../../src/agents/sessions/start-session.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { runGt } from "../../support/run-cli.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { startQuickHost } from "../../support/quick-host.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

const second = 1000;
const minute = 60 * second;
/** Takes what is typed and shows nothing of it. */
const quiet = "stty -icanon -echo";
const script = {
  ...{ provider: "generic", command: "sh", prompt_mode: "arg", ready_prompt: "> " },
  args: ["-c", `${quiet}; printf '> '; exec sleep 1000`],
};

let town: PlainTown;
let access: TownAccess;
let closeHost: () => Promise<void>;
let told: string[];
/** The daemon's clock runs ahead of the host's by so much. */
let aheadMs: number;
beforeEach(async () => {
  town = new PlainTown();
  setAgent(script);
  const host = await startQuickHost(town.town);
  closeHost = () => host.close({ force: true });
  told = [];
  aheadMs = 0;
  access = { ...(await town.access("daemon")), clock: { now: () => Date.now() + aheadMs } };
});
afterEach(async () => {
  await closeHost();
  await town.dispose();
});

const setAgent = (agent: object, more: object = {}): void =>
  town.write("settings/config.json", { default_agent: "script", agents: { script: agent }, ...more });

/** A look of the daemon's, so much later. */
const look = async (laterMs: number): Promise<number | undefined> => {
  aheadMs += laterMs;
  const options = { budget: new StartBudget(), rigs: [], report: (line: string) => told.push(line) };
  const againMs = await keepRoles(access, options);
  if ((await mayor())?.phase === "idle") await waitFor(async () => !(await queue()).some(isUntouched));
  return againMs;
};
const queue = () => allNudges(access.ledger, "hq-mayor");
const isUntouched = ({ claim }: Nudge): boolean => claim === undefined;
const mayor = () => liveSession(access, "mayor/");
const events = (type: string) =>
  readEvents(town.town.paths.events).filter((event) => event.type === type && event.source !== "host");
const gt = (...args: readonly string[]) => runGt(args, { cwd: town.root, env: { GT_NO_DAEMON: "1" } });
/** Nobody has told it that it has mail: it waits there. */
async function silentMayorWithMail(phase = "idle"): Promise<string> {
  await startMayor(access);
  await waitFor(async () => (await mayor())?.phase === phase);
  const draft = { from: "greenplace/witness", to: ["mayor/"], subject: "Look", body: "around" };
  await sendMail(access, draft, "quietly");
  return (await mayor())?.runId ?? "";
}
const ask = (count: number) => `mayor/: asked for a sign of life (${count}/3)`;
const restart = "mayor/: restart: no sign of life after 3 health checks";

test("a silent mayor is asked once each time, by whichever daemon, and never lost by its restart (spec/04 §10.1)", async () => {
  const first = await silentMayorWithMail();
  expect(await look(4 * minute)).toBeUndefined();
  expect(told, "its mail has just come").toEqual([]);
  expect(await look(minute + second)).toBe(30 * second);
  expect(await look(10 * second), "as a daemon that has just started does").toBeLessThanOrEqual(20 * second);
  const asked = await gt("deacon", "health-check", "mayor");
  expect([asked.code, asked.stdout]).toEqual([0, "mayor/ was asked a moment ago and may still answer\n"]);
  await look(5 * minute);
  await look(5 * minute);
  expect(told).toEqual([ask(1), ask(2), ask(3)]);

  const host = await access.host({ start: false });
  const view = await host.attach("hq-mayor", { columns: 80, rows: 24, onData() {}, onExit() {} });
  await look(31 * second);
  expect((await gt("deacon", "health-state")).stdout).toMatch(/^mayor\/ +3 silences/);
  view.detach();
  await waitFor(async () => (await mayor())?.viewers === 0);
  setAgent({ ...script, command: "no-such-binary" });
  await look(0);
  expect((await mayor())?.runId, "what cannot be replaced stays").toBe(first);
  expect(told.splice(0).at(-1)).toContain(
    'restart failed: GtError: agent "script": command "no-such-binary"',
  );
  setAgent(script);
  await look(29 * second);
  expect(told, "restarts are spaced").toEqual([]);
  await look(2 * second);
  expect(told).toEqual([restart]);
  const next = (await mayor())?.runId;
  expect(next).not.toBe(first);
  expect(events("agent_restarted")).toMatchObject([
    { payload: { agent: "mayor/", reason: "no sign of life after 3 health checks", attempt: 2 } },
  ]);
  expect((await gt("deacon", "health-state")).stdout).toMatch(/^mayor\/ +well/);
  const ends = readEvents(town.town.paths.events).filter(({ type }) => type === "session_end");
  expect(ends).toMatchObject([{ payload: { reason: "no sign of life after 3 health checks" } }]);

  // Killed between the two halves of such a restart.
  await stopAgentSession(access, "mayor/", "killed");
  await look(2 * minute);
  expect(told.at(-1)).toBe("mayor/: start");
  expect((await mayor())?.phase).not.toBe("exited");
}, 60_000);

test("a mayor that answers is left alone, with mail that it does not want to read, too", async () => {
  const first = await silentMayorWithMail();
  await look(6 * minute);
  expect(await queue()).toMatchObject([
    { sender: "deacon/", message: "Health check: read your mail, or run gt heartbeat.", mode: "wait-idle" },
  ]);
  await access.ledger.touchAgent("mayor/", { lastActivity: access.clock.now() + 1 });
  await look(20 * second);
  await look(60 * minute);
  expect(told).toEqual([ask(1), "mayor/: gave a sign of life"]);
  expect((await mayor())?.runId).toBe(first);
}, 60_000);

test("nobody is asked twice over: not under a warrant, not when muted, and not while a question waits in the queue", async () => {
  setAgent({
    ...script,
    args: ["-c", "stty -icanon -echo; printf '> '; sleep 1; printf '\\nesc to interrupt'; exec sleep 1000"],
  });
  await silentMayorWithMail();
  await waitFor(async () => (await mayor())?.phase === "working");
  const warrant = await fileWarrant(access, "mayor/", "hangs");
  await look(21 * minute);
  await endWarrant(access, warrant, "cancelled");
  const level = (notificationLevel: "muted" | "normal") =>
    access.ledger.write("overseer", [{ op: "setAgent", address: "mayor/", fields: { notificationLevel } }]);
  await level("muted");
  await look(0);
  expect(told).toEqual([]);
  const muted = await gt("deacon", "health-check", "mayor");
  expect([muted.code, muted.stderr]).toEqual([1, expect.stringContaining("mayor/ is muted")]);
  await level("normal");
  await look(0);
  await look(6 * minute);
  expect(told).toEqual([ask(1), ask(2)]);
  expect(await queue(), "a turn is running").toHaveLength(1);
  await access.ledger.touchAgent("mayor/", { lastActivity: access.clock.now() + 1 });
  await look(second);
  expect(await queue(), "nothing is left to ask").toEqual([]);
}, 60_000);

test("a mayor at its rate limit is asked by nobody, as it could not answer (spec/03 §5.9)", async () => {
  setAgent({
    ...script,
    args: ["-c", `${quiet}; printf "You've hit your usage limit\\n> "; exec sleep 1000`],
  });
  await silentMayorWithMail("limited");
  await look(60 * minute);
  expect(told).toEqual([]);
  const check = (...more: readonly string[]) => gt("deacon", "health-check", "mayor", ...more);
  expect(await check()).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("mayor/ is at its rate limit"),
  });
  expect(await check("--failures", "0")).toMatchObject({ code: 2 });
  expect((await gt("deacon", "health-state")).stdout).toBe("nobody was asked yet\n");
}, 60_000);

test("a refinery that is started anew keeps its files as a snapshot, and parking its rig ends it (spec/04 §6.1, §7.4)", async () => {
  const work = await WorkTown.create();
  onTestFinished(() => work.dispose());
  work.write("mayor/daemon.json", { patrols: { refinery: { mode: "agent" } } });
  work.write("settings/config.json", { default_agent: "script", agents: { script } });
  const host = await startQuickHost(work.town);
  onTestFinished(() => host.close({ force: true }));
  const theirs = await work.access("daemon");
  const first = await startRole(theirs, "web/refinery");
  work.write("web/refinery/rig/half.txt", "half a thought");
  const next = await restartRole(theirs, "web/refinery", { why: "silent" });
  expect(next.runId).not.toBe(first.runId);
  const listed = (await work.gt(["hook", "snapshots", "web/refinery", "--json"])).json();
  expect(listed).toMatchObject([{ seq: 1, reason: "shutdown", files: 1 }]);
  expect(await theirs.ledger.agent("web/refinery")).toMatchObject({ state: "running" });

  expect((await work.gt(["rig", "park", "web"])).stdout).toBe(
    "✓ web is parked\n  the session of web/refinery is ended\n→ gt rig unpark web\n",
  );
  expect(await liveSession(theirs, "web/refinery")).toBeUndefined();
}, 60_000);
