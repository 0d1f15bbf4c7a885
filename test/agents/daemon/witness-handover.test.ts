import { expect, test } from "vitest";
import { WitnessHandover } from "../../../src/agents/daemon/witness-handover.ts";
import type { Finding } from "../../../src/agents/patrols/finding.ts";

const minute = 60_000;
const finding = (detection: Finding["detection"]): Finding => ({
  detection,
  subject: "web/polecats/nux",
  action: "restart",
  reason: "it died",
});

test("a witness that is an agent is told once; after three heartbeats code does what must be done", () => {
  const handover = new WitnessHandover();
  const sweep = (at: number, ...detections: readonly Finding["detection"][]) => {
    handover.begin();
    return detections.map((detection) => handover.permits(finding(detection), at));
  };
  expect(sweep(0, "W1", "W8")).toEqual([false, false]);
  expect(handover.message()).toContain("W1 web/polecats/nux: restart (it died)");
  expect(sweep(9 * minute - 1, "W1", "W8")).toEqual([false, false]);
  expect(handover.message()).toBe("");
  expect(sweep(9 * minute, "W1", "W8"), "a stall is for the agent alone").toEqual([true, false]);
});

test("deaths, silence and orphans are also messages in its inbox, each once", () => {
  const handover = new WitnessHandover();
  const facts = { bead: "web-1", polecat: "web/polecats/nux" };
  const sweep = () => {
    handover.begin();
    handover.permits({ ...finding("W1"), ...facts, exitCode: 137 }, 0);
    handover.permits({ ...finding("W9"), ...facts, minutes: 31 }, 0);
    handover.permits({ ...finding("W12"), ...facts, subject: "web-1" }, 0);
    handover.permits({ ...finding("W8"), ...facts, minutes: 15 }, 0);
    return handover.mails();
  };
  expect(sweep()).toMatchObject([
    {
      ...{ to: "web/witness", subject: "CRASHED_POLECAT: web/polecats/nux" },
      values: { Polecat: "web/polecats/nux", Hook: "web-1", "Exit-Code": 137 },
    },
    { subject: "GUPP_VIOLATION: web/polecats/nux 31m", values: { Bead: "web-1", Minutes: 31 } },
    { subject: "ORPHANED_WORK: web-1", values: { Polecat: "web/polecats/nux", Bead: "web-1" } },
  ]);
  expect(sweep()).toEqual([]);
});

test("what has passed by itself begins anew when it comes back", () => {
  const handover = new WitnessHandover();
  handover.begin();
  handover.permits(finding("W1"), 0);
  handover.begin();
  handover.begin();
  expect(handover.permits(finding("W1"), 20 * minute)).toBe(false);
  expect(handover.message()).not.toBe("");
});
