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

test("what has passed by itself begins anew when it comes back", () => {
  const handover = new WitnessHandover();
  handover.begin();
  handover.permits(finding("W1"), 0);
  handover.begin();
  handover.begin();
  expect(handover.permits(finding("W1"), 20 * minute)).toBe(false);
  expect(handover.message()).not.toBe("");
});
