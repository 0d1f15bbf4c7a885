import { afterEach, beforeEach, expect, test } from "vitest";
import { escalate } from "../../../src/agents/mail/escalate.ts";
import { sendMail } from "../../../src/agents/mail/send-mail.ts";
import { allNudges } from "../../../src/agents/sessions/nudge-queue.ts";
import type { SessionHost } from "../../../src/agents/sessions/session-host.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { severities } from "../../../src/core/escalation/escalation.ts";
import { PlainTown } from "../../support/plain-town.ts";

let town: PlainTown;
let access: TownAccess;

// Everybody has a session that works: what is typed waits in the queue.
const host = {
  get: async () => ({ phase: "working" }),
  deliver: async () => "queued",
} as unknown as SessionHost;

beforeEach(async () => {
  town = new PlainTown();
  access = { ...(await town.access("greenplace/polecats/nux")), host: async () => host };
});
afterEach(() => town.dispose());

const typed = async () => (await allNudges(access.ledger)).map(({ to, priority }) => [to, priority]);
const mail = (to: string, priority: number) =>
  sendMail(access, { from: access.actor, to: [to], subject: "Look", body: "", priority });

test("an escalation is typed urgently when it is critical or high, and otherwise in its turn (06 §2.5)", async () => {
  town.write("settings/escalation.json", {
    routes: Object.fromEntries(severities.map((severity) => [severity, ["bead", "mail:mayor"]])),
  });
  for (const severity of severities)
    await escalate(access, { title: severity, reason: "", severity, by: access.actor, same: "title" });
  const nudges = await allNudges(access.ledger);
  const shown = nudges.map(({ priority, message }) => [/^🚨 (\w+) escalation/u.exec(message)?.[1], priority]);
  expect(shown.toSorted()).toEqual([
    ["CRITICAL", "urgent"],
    ["HIGH", "urgent"],
    ["LOW", "normal"],
    ["MEDIUM", "normal"],
  ]);
  expect(nudges[0]?.message).toMatch(/ from greenplace\/polecats\/nux: .+\. Run: gt escalate show hq-esc-/);
});

test("mail is typed urgently when it is urgent or high; to a muted agent only when it is urgent (06 §2.5)", async () => {
  for (const priority of [0, 1, 2, 3]) await mail("mayor/", priority);
  expect((await typed()).map(([, priority]) => priority)).toEqual(["urgent", "urgent", "normal", "normal"]);
  const agent = { id: "hq-mayor", address: "mayor/", role: "mayor" } as const;
  await access.ledger.write("overseer", [
    { op: "ensureAgent", agent },
    { op: "setAgent", address: "mayor/", fields: { notificationLevel: "muted" } },
  ]);
  for (const priority of [0, 1, 2]) await mail("mayor/", priority);
  expect(await typed()).toHaveLength(5);
});

test("nothing is typed to a role that runs as code, nor to a person; to one that runs as an agent it is (06 §2.5)", async () => {
  const roles = ["deacon/", "deacon/boot", "greenplace/witness", "greenplace/refinery", "overseer"];
  for (const to of roles) expect((await mail(to, 0)).warnings).toEqual([]);
  expect(await typed()).toEqual([]);
  expect(await access.ledger.rows("duties", { prefix: "wake/" }), "the new mail itself wakes").toEqual([]);
  town.write("mayor/daemon.json", { patrols: { witness: { mode: "agent" } } });
  for (const to of roles) await mail(to, 2);
  expect(await typed()).toEqual([["greenplace/witness", "normal"]]);
});
