import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
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
  server.close();
  await town.dispose();
}, timeout);

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
