import { expect, test } from "vitest";
import { eventFilter, filterChoices, toggleToken, wantsAudit } from "../../../src/ui/tui/store/filter.ts";
import { eventOf, noon, townOf } from "./support/town-of.ts";

const sling = eventOf({ id: "1", actor: "mayor/", type: "sling", category: "work", rig: "acme" });
const merged = eventOf({
  id: "2",
  actor: "beta/refinery",
  type: "merged",
  category: "merge",
  rig: "beta",
  at: noon - 7_200_000,
  message: "merged be-1 from nux",
});

const shown = (wanted: string) => [sling, merged].filter(eventFilter(wanted, noon)).map(({ id }) => id);

test.each([
  ["", ["1", "2"]],
  ["type:merge", ["2"]],
  ["type:sling", ["1"]],
  ["type:sling type:merge", ["1", "2"]],
  ["rig:acme", ["1"]],
  ["rig:acme type:merge", []],
  ["agent:beta/refinery", ["2"]],
  ["since:1h", ["1"]],
  ["nux merged", ["2"]],
  ["Nux", []],
  ["type:", ["1", "2"]],
  ["other:thing", []],
])("the filter %j shows %j", (wanted, ids) => {
  expect(shown(wanted)).toEqual(ids);
});

test("a choice adds its part to the filter, and takes it away again", () => {
  const once = toggleToken("login", "rig:acme");
  expect(once).toBe("login rig:acme");
  expect(filterChoices(townOf(), once).find(({ token }) => token === "rig:acme")?.isOn).toBe(true);
  expect(toggleToken(once, "rig:acme")).toBe("login");
});

test("events for the audit are read only when they are asked for", () => {
  expect(wantsAudit("audit:on")).toBe(true);
  expect(wantsAudit("audit")).toBe(false);
});
