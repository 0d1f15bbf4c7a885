import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEscalations } from "../../../../src/core/escalation/open-escalations.ts";
import { PlainTown } from "../../../support/plain-town.ts";
import { runGt } from "../../../support/run-cli.ts";

const timeout = 60_000;
let town: PlainTown;
const gt = (args: readonly string[], role = "greenplace/witness") =>
  runGt(args, {
    cwd: town.root,
    env: { GT_ROLE: role, GT_NO_DAEMON: "1", GT_TOWN_ROOT: town.root },
  });
const open = async () => openEscalations((await town.access()).ledger);
const mails = async () => (await town.access()).ledger.find({ type: "message" });
const events = () => readFileSync(`${town.root}/.events.jsonl`, "utf8");

beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => town.dispose(), timeout);

describe("gt escalate", () => {
  it(
    "stores the question, mails the mayor, and counts a repetition instead of asking again",
    async () => {
      const ask = ["escalate", "-s", "HIGH", "CI is down", "-m", "details", "--source", "plugin:ci"];
      const first = await gt(ask);
      expect(first.code).toBe(0);
      expect(first.stdout).toContain("Escalation created: hq-esc-");
      expect(first.stderr).toContain("email skipped: contacts.human_email not set");
      const [escalation] = await open();
      const bead = await (await town.access()).ledger.get(escalation?.id ?? "");
      expect(bead?.labels).toEqual(
        expect.arrayContaining(["gt:escalation", "severity:high", "tier:mayor", "source:plugin:ci"]),
      );
      expect(bead?.ephemeral).toBe(false);
      const [mail] = await mails();
      expect(mail).toMatchObject({ assignee: "mayor/", title: "[HIGH] CI is down", priority: 1 });
      expect(mail?.description).toContain(`gt escalate ack ${escalation?.id}`);
      const again = await gt(ask);
      expect(again.stdout).toContain(`Already escalated: ${escalation?.id} (seen 2 times)`);
      expect(await open()).toHaveLength(1);
      expect(await mails()).toHaveLength(1);
      const worse = await gt([...ask, "-s", "critical"]);
      expect(worse.stdout).toContain("seen 3 times");
      expect((await open())[0]).toMatchObject({ severity: "critical", tier: "overseer" });
      expect((await mails()).map(({ assignee }) => assignee).toSorted()).toEqual([
        "mayor/",
        "mayor/",
        "overseer",
      ]);
    },
    timeout,
  );

  it(
    "refuses what it cannot understand and stores nothing",
    async () => {
      const wrong = await gt(["escalate", "-s", "NOPE", "x"]);
      expect(wrong.code).toBe(2);
      expect(wrong.stderr).toContain("critical, high, medium or low");
      expect((await gt(["escalate"])).code).toBe(2);
      expect((await gt(["escalate", "x", "--related", "gp-none"])).code).not.toBe(0);
      expect((await gt(["escalate", "x", "--to", "nobody"])).code).toBe(2);
      expect((await gt(["escalate", "ack", "hq-none"])).stderr).toContain("escalation not found: hq-none");
      const plan = await gt(["escalate", "-s", "high", "x", "--dry-run"]);
      expect(plan.stdout).toContain("Would escalate: x");
      expect(await open()).toHaveLength(0);
    },
    timeout,
  );

  it(
    "lists, acknowledges, forwards and closes; each once, with its event",
    async () => {
      await gt(["escalate", "which approach?"]);
      const [escalation] = await open();
      const id = escalation?.id ?? "";
      expect((await gt(["escalate", "list"])).stdout).toContain(`📢 ${id} [open] which approach?`);
      expect((await gt(["escalate", "ack", id], "mayor")).stdout).toContain("acknowledged");
      expect((await gt(["escalate", "ack", id])).stdout).toContain("Already acknowledged by mayor/");
      const forwarded = await gt(["escalate", "forward", id, "--to", "overseer", "-m", "a human"], "mayor");
      expect(forwarded.stdout).toContain("forwarded to overseer");
      expect((await gt(["escalate", "show", id])).stdout).toContain(
        "Forwarded from deacon to overseer: a human",
      );
      expect((await gt(["escalate", "close", id, "--reason", "chose B"], "mayor")).code).toBe(0);
      expect((await gt(["escalate", "close", id])).stdout).toContain("already closed by mayor/");
      expect((await gt(["escalate", "list"])).stdout).toBe("No escalations found\n");
      expect((await mails()).every(({ labels }) => labels.includes("read"))).toBe(true);
      const log = events();
      for (const type of ["escalation_sent", "escalation_acked", "escalation_forwarded", "escalation_closed"])
        expect(log.split("\n").filter((line) => line.includes(`"${type}"`))).toHaveLength(1);
    },
    timeout,
  );

  it(
    "says how far each way of telling got, and tries the ways without an escalation",
    async () => {
      town.write("settings/escalation.json", {
        routes: { high: ["bead", "mail:mayor", "slack", "log"] },
        contacts: { slack_webhook: "http://127.0.0.1:1/secret" },
      });
      const told = (await gt(["escalate", "x", "-s", "high", "--json"])).json<{
        readonly status: string;
        readonly actions: readonly string[];
        readonly delivery: readonly Record<string, unknown>[];
      }>();
      expect(told).toMatchObject({
        status: "partial_failure",
        actions: ["bead", "mail:mayor", "slack", "log"],
      });
      const same = { runtime_notified: false, warning: "", severity: "high" };
      expect(told.delivery).toEqual([
        { channel: "bead", target: expect.any(String), created: true, persisted: true, error: "", ...same },
        { channel: "mail", target: "mayor/", created: true, persisted: true, error: "", ...same },
        { channel: "slack", target: "", created: false, persisted: true, error: "unreachable", ...same },
        { channel: "log", target: "", created: true, persisted: true, error: "", ...same },
      ]);
      const [escalation] = await open();
      expect((await gt(["escalate", "show", escalation?.id ?? ""])).stdout).toContain(
        "Delivery failed [slack]: unreachable",
      );
      const tried = await gt(["escalate", "test", "-s", "high"]);
      expect([tried.code, tried.stdout.split("\n")]).toEqual([
        1,
        expect.arrayContaining(["✓ mail:mayor: mayor/", "✖ slack: unreachable", "✓ log"]),
      ]);
      expect(await open()).toHaveLength(1);
    },
    timeout,
  );

  it(
    "raises the alarm in spite of a broken configuration",
    async () => {
      town.write("settings/escalation.json", "{ not json");
      const result = await gt(["escalate", "x"]);
      expect(result.code).toBe(0);
      expect(result.stderr).toContain("escalation config:");
      expect(await open()).toHaveLength(1);
      expect((await mails()).map(({ assignee }) => assignee)).toEqual(["mayor/"]);
    },
    timeout,
  );

  it(
    "repeats more loudly what nobody looks at, as often as allowed, and never what is acknowledged",
    async () => {
      town.write("settings/escalation.json", { stale_threshold: "0", max_reescalations: 1 });
      await gt(["escalate", "quiet", "-s", "high"]);
      await gt(["escalate", "seen", "-s", "high"]);
      const seen = (await open()).find(({ title }) => title === "seen");
      await gt(["escalate", "ack", seen?.id ?? ""]);
      const bumped = await gt(["escalate", "stale"], "deacon");
      expect(bumped.stdout).toContain("high -> critical (re-escalation 1)");
      const again = (await gt(["escalate", "stale", "--json"], "deacon")).json<{ skipped: boolean }[]>();
      expect(again.map(({ skipped }) => skipped)).toEqual([true]);
      expect((await open()).map(({ title, severity }) => [title, severity])).toEqual([
        ["quiet", "critical"],
        ["seen", "high"],
      ]);
    },
    timeout,
  );
});
