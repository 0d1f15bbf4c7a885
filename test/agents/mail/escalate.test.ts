import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { forwardEscalation } from "../../../src/agents/mail/forward-escalation.ts";
import { openEscalations } from "../../../src/core/escalation/open-escalations.ts";
import { reescalateStale } from "../../../src/agents/mail/reescalate-stale.ts";
import { acking } from "../../../src/core/escalation/change-escalation.ts";
import { hasCleared } from "../../../src/agents/mail/cleared-condition.ts";
import type { Escalation } from "../../../src/core/escalation/escalation.ts";
import type { Agent, Bead } from "../../../src/core/ledger/bead.ts";
import type { Ledger } from "../../../src/core/ledger/ledger.ts";
import { climbTiers } from "../../../src/agents/mail/climb-tiers.ts";
import { escalate, settleDueNotices } from "../../../src/agents/mail/escalate.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { noticeTable } from "../../../src/core/escalation/notice.ts";
import { type EscalationRequest, raising } from "../../../src/core/escalation/raise.ts";
import { PlainTown } from "../../support/plain-town.ts";

const timeout = 60_000;
const minute = 60_000;
let town: PlainTown;
let server: Server;
let access: TownAccess;
let now: number;
let received: string[];
let status: number;
const request: EscalationRequest = {
  ...{ title: "CI is down", reason: "details", severity: "high", by: "greenplace/witness", same: "title" },
};

beforeEach(async () => {
  town = new PlainTown();
  received = [];
  status = 200;
  server = createServer((incoming, answer) => {
    let text = "";
    incoming.on("data", (part: Buffer) => {
      text += part.toString();
    });
    incoming.on("end", () => {
      received.push(text);
      answer.writeHead(status).end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  town.write("settings/escalation.json", {
    routes: { high: ["bead", "slack"] },
    contacts: { slack_webhook: `http://127.0.0.1:${port}/secret-hook` },
  });
  now = Date.now();
  access = { ...(await town.access("greenplace/witness")), clock: { now: () => now } };
}, timeout);
afterEach(async () => {
  vi.unstubAllEnvs();
  server.close();
  await town.dispose();
}, timeout);

const stored = async (id: string): Promise<Escalation> => {
  const found = (await openEscalations(access.ledger)).find((each) => each.id === id);
  if (found === undefined) throw new Error(`${id} is not open`);
  return found;
};
const waiting = () => access.ledger.rows(noticeTable);
const failures = () =>
  readFileSync(`${town.root}/.events.jsonl`, "utf8")
    .split("\n")
    .filter((line) => line.includes("escalation_delivery_failed"));

it(
  "tries a channel that fails again after 1, 5 and 15 minutes, then says so once and stops",
  async () => {
    status = 500;
    const raised = await escalate(access, request);
    expect(raised.warnings).toEqual(["Delivery issue [slack]: answered 500"]);
    for (const minutes of [1, 5, 15]) {
      now += minutes * minute - 1;
      expect(await settleDueNotices(access)).toEqual([]);
      expect(failures()).toHaveLength(0);
      now += 1;
      await settleDueNotices(access);
    }
    expect(received).toHaveLength(4);
    expect(await waiting()).toEqual([]);
    expect(failures()).toHaveLength(1);
    expect(failures().join()).not.toContain("secret-hook");
  },
  timeout,
);

it(
  "goes out as e-mail, with nothing of the text taken for a command, and a refusal is told without the password",
  async () => {
    const heard: string[] = [];
    let refused = "";
    const smtp = createSocketServer((socket) => {
      let isData = false;
      socket.setEncoding("utf8").write("220 test\r\n");
      socket.on("data", (text: string) => {
        for (const line of text.split("\r\n").slice(0, -1)) {
          heard.push(line);
          const verb = line.split(/[ :]/)[0] ?? "";
          if (isData && line !== ".") continue;
          isData = verb === "DATA";
          const answers: Readonly<Record<string, string>> = {
            ...{ EHLO: "250-test\r\n250 AUTH PLAIN", AUTH: "235 in", DATA: "354 go", QUIT: "221 bye" },
          };
          socket.write(`${verb === refused ? "535 no" : (answers[verb] ?? "250 ok")}\r\n`);
        }
      });
    }).listen(0, "127.0.0.1");
    await once(smtp, "listening");
    const { port } = smtp.address() as AddressInfo;
    town.write("settings/escalation.json", {
      routes: { high: ["bead", "email:human"] },
      contacts: {
        ...{ human_email: "ada@example.com", smtp_host: "127.0.0.1", smtp_port: String(port) },
        ...{ smtp_user: "gt", smtp_pass: "$GT_TEST_SMTP_PASS" },
      },
    });
    vi.stubEnv("GT_TEST_SMTP_PASS", "hunter2");
    const raised = await escalate(access, { ...request, title: "Über\r\nQUIT" });
    expect(raised.warnings).toEqual([]);
    expect(raised.deliveries.map(({ channel, created }) => [channel, created])).toEqual([
      ["bead", true],
      ["email:human", true],
    ]);
    expect(heard).toContain("MAIL FROM:<gastown@localhost>");
    expect(heard).toContain("RCPT TO:<ada@example.com>");
    expect(heard).toContain(`AUTH PLAIN ${Buffer.from("\0gt\0hunter2").toString("base64")}`);
    const body = Buffer.from(heard.slice(heard.indexOf("") + 1, heard.indexOf(".")).join(""), "base64");
    expect(body.toString()).toContain(`gt escalate ack ${raised.id}`);
    expect(heard.slice(0, heard.indexOf("."))).not.toContain("QUIT");

    refused = "AUTH";
    const second = await escalate(access, { ...request, title: "again" });
    expect(second.warnings).toEqual(["Delivery issue [email:human]: Invalid login: 535 no"]);
    smtp.close();
  },
  timeout,
);

it(
  "climbs from the Deacon to the Mayor and on to the overseer, with one mail for each, and stops at an acknowledgement",
  async () => {
    const { ledger } = access;
    town.write("settings/escalation.json", {});
    const { created } = await ledger.write("overseer", [
      { op: "create", bead: { title: "a check", scope: "greenplace" } },
    ]);
    const over = await escalate(access, {
      ...{ ...request, title: "settled", severity: "medium" },
      related: created[0] ?? "",
    });
    await ledger.write("overseer", [
      { op: "close", id: created[0] ?? "", close: { reason: "passes again", outcome: "success" } },
    ]);
    const open = await escalate(access, { ...request, title: "open", severity: "medium" });
    const seen = await escalate(access, { ...request, title: "seen", severity: "medium" });
    await ledger.write("overseer", [{ op: "addLabel", id: seen.id, label: "acked" }]);
    const pressing = await escalate(access, { ...request, title: "pressing", severity: "high" });
    const chosen = await escalate(access, { ...request, title: "chosen", severity: "high" });
    const [waits] = (await openEscalations(ledger)).filter(({ id }) => id === chosen.id);
    if (waits === undefined) throw new Error("not stored");
    await forwardEscalation(access, waits, { to: "mayor", why: undefined, address: "greenplace/crew/sam" });
    now += minute;
    await climbTiers(access, 30_000);
    await climbTiers(access, 30_000);
    const tierOf = async (id: string) => {
      const bead = await ledger.get(id);
      return bead && [bead.status, bead.labels.filter((label) => label.startsWith("tier:")).join()];
    };
    expect(await tierOf(over.id)).toEqual(["closed", "tier:deacon"]);
    expect((await ledger.get(over.id))?.closeReason).toBe("condition cleared");
    expect(await tierOf(open.id)).toEqual(["open", "tier:mayor"]);
    expect(await tierOf(seen.id)).toEqual(["open", "tier:deacon"]);
    expect(await tierOf(pressing.id)).toEqual(["open", "tier:overseer"]);
    expect(await tierOf(chosen.id), "whom somebody chose keeps it").toEqual(["open", "tier:mayor"]);
    const mailed = async (id: string) =>
      (await ledger.find({ type: "message", labels: [`escalation:${id}`] }))
        .map(({ assignee }) => assignee)
        .toSorted();
    expect(await mailed(open.id)).toEqual(["mayor/"]);
    expect(await mailed(pressing.id)).toEqual(["mayor/", "overseer"]);
    expect((await ledger.comments(pressing.id)).map(({ text }) => text)).toEqual([
      "Mailed: mayor/",
      "Forwarded from mayor to overseer: the mayor is not running",
    ]);
  },
  timeout,
);

it(
  "is raised a step when nobody looks at it for the threshold, then repeated, then left (06 §8.5, scenario 10)",
  async () => {
    const { ledger } = access;
    const routes = { high: ["bead", "mail:mayor"], critical: ["bead", "mail:mayor", "mail:overseer"] };
    const settings = { routes, stale_threshold: "1h", max_reescalations: 2 };
    town.write("settings/escalation.json", settings);
    const { id } = await escalate(access, request);
    const seen = await escalate(access, { ...request, title: "seen" });
    await ledger.write("overseer", acking(await stored(seen.id), "overseer", now, undefined));
    const look = async (minutes: number) => {
      now += minutes * minute;
      const rows = await reescalateStale(access, "act");
      return rows.map(({ escalation, severity, number, skipped }) => [
        escalation.id,
        severity,
        number,
        skipped,
      ]);
    };
    const mailed = async () =>
      (
        await ledger.find({ type: "message", labels: [`escalation:${id}`], titleContains: "Re-escalated" })
      ).map(({ assignee, title }) => `${assignee} ${title}`);
    const since = now - (await stored(id)).createdAt;
    expect(await look(59 - since / minute)).toEqual([]);
    expect(await look(2)).toEqual([[id, "critical", 1, undefined]]);
    const step = "[HIGH->CRITICAL] Re-escalated: CI is down";
    expect((await mailed()).toSorted()).toEqual([`mayor/ ${step}`, `overseer ${step}`]);
    expect(await stored(id)).toMatchObject({
      ...{ severity: "critical", tier: "overseer", originalSeverity: "high", reescalationCount: 1 },
    });
    expect(await look(0), "not twice at once").toEqual([]);
    expect(await look(61)).toEqual([[id, "critical", 2, undefined]]);
    expect(await mailed()).toHaveLength(4);
    expect(await look(61)).toEqual([[id, "critical", 2, "already at max re-escalations (2)"]]);
    expect(await mailed()).toHaveLength(4);
    const told = readFileSync(`${town.root}/.events.jsonl`, "utf8").split('"reescalated":true');
    expect(told, "an event for each").toHaveLength(3);
    const other = await escalate(access, { ...request, title: "other" });
    town.write("settings/escalation.json", { ...settings, max_reescalations: 0 });
    expect((await look(61)).map(([bumped, , number]) => [bumped, number])).toEqual([
      [id, 2],
      [other.id, 0],
    ]);
  },
  timeout,
);

it(
  "is closed when what raised it has passed, whoever has it by now, and stays as long as it lasts (06 §8.2)",
  async () => {
    const { ledger } = access;
    const agent = (state: "stuck" | "working" | "nuked", hookBead = "gp-1"): Partial<Agent> => ({
      ...{ state, hookBead, hookSeq: 1 },
    });
    const bead = (fields: Partial<Bead>): Partial<Bead> => ({
      status: "open",
      labels: [],
      metadata: {},
      ...fields,
    });
    const mr = (phase: string) => bead({ metadata: { mr: { phase } } });
    const table: readonly (readonly [string, Partial<Agent> | Partial<Bead>, boolean])[] = [
      ["witness:stuck:gp/polecats/nux", agent("stuck"), false],
      ["witness:stuck:gp/polecats/nux", agent("stuck", "gp-2"), true],
      ["witness:stuck:gp/polecats/nux", agent("working"), true],
      ["heartbeat:gp/polecats/nux", agent("stuck"), false],
      ["heartbeat:gp/polecats/nux", agent("working"), false],
      ["heartbeat:gp/polecats/nux", agent("stuck", ""), true],
      ["witness:recovery:gp/polecats/nux:1", agent("stuck"), false],
      ["witness:recovery:gp/polecats/nux:1", agent("nuked"), true],
      ["witness:recovery:gp/polecats/nux:0", agent("working"), true],
      ["done:gp-1", bead({ labels: ["gt:escalated"] }), false],
      ["done:gp-1", bead({}), true],
      ["witness:spawn_blocked:gp-1", bead({ labels: ["gt:spawn-blocked"] }), false],
      ["witness:spawn_blocked:gp-1", bead({}), true],
      ...["deacon:redispatch", "scheduler", "feed"].flatMap(
        (source) =>
          [
            [`${source}:gp-1`, bead({}), false],
            [`${source}:gp-1`, bead({ status: "hooked" }), true],
          ] as const,
      ),
      ["witness:stale_mr:gp-mr-1", mr("ready"), false],
      ["witness:stale_mr:gp-mr-1", bead({ status: "closed" }), true],
      ["refinery:gp:quarantine:gp-mr-1", mr("quarantined"), false],
      ["refinery:gp:quarantine:gp-mr-1", mr("ready"), true],
      ["plugin:yard", bead({ status: "closed" }), false],
    ];
    for (const [source, found, expected] of table) {
      const seen = { agent: async () => found, get: async () => found } as unknown as Ledger;
      const asked = { source, relatedBead: "gp-1" } as Escalation;
      expect(await hasCleared(seen, asked), `${source} ${JSON.stringify(found)}`).toBe(expected);
    }
    // An operation that cannot be ended is asked about as long as it is there.
    const operation = { op: "putRow", table: "operations", key: "done-1", value: {} } as const;
    await ledger.write("daemon", [operation]);
    const source = "witness:recovery:done-1";
    const { id } = await escalate(access, { ...request, source, same: "source" });
    await ledger.write("overseer", [{ op: "addLabel", id, label: "acked" }]);
    await climbTiers(access, 30_000);
    expect(await ledger.get(id)).toMatchObject({ status: "open" });
    await ledger.write("daemon", [{ op: "deleteRow", table: "operations", key: "done-1" }]);
    await climbTiers(access, 30_000);
    expect(await ledger.get(id)).toMatchObject({ status: "closed", closeReason: "condition cleared" });
    const again = await escalate(access, { ...request, source, same: "source" });
    expect(again.occurrences, "the next one is told anew").toBe(1);
  },
  timeout,
);

it(
  "is told by the daemon when its raiser died right after storing it",
  async () => {
    await access.ledger.write(request.by, (await raising(access, request)).operations);
    await settleDueNotices(access);
    expect(received).toEqual([]);
    now += minute;
    expect(await settleDueNotices(access)).toEqual([]);
    expect(received).toHaveLength(1);
    expect(received[0]).toContain("[HIGH] Escalation hq-esc-");
    expect(await waiting()).toEqual([]);
  },
  timeout,
);
