import { expect, test } from "vitest";
import { feedFilter } from "../../../../src/ui/cli/gt/feed-filter.ts";
import { eventFilter } from "../../../../src/ui/tui/store/filter.ts";
import { eventOf, noon } from "../../tui/support/town-of.ts";

test("the filters of gt feed are those of the feed in the terminal UI", () => {
  expect(feedFilter({ visibility: "feed" }, undefined, noon)).toBe("");
  const wanted = feedFilter(
    { visibility: "feed", types: ["merge"], rig: "acme", actor: "acme", since: noon - 90 * 60_000 },
    "login",
    noon,
  );
  expect(wanted).toBe("type:merge rig:acme agent:acme since:90m login");
  const fits = eventFilter(wanted, noon);
  const row = eventOf({
    ...{ id: "1", category: "merge", actor: "acme/refinery", rig: "acme", message: "merged login" },
    at: noon - 60_000,
  });
  expect(fits(row)).toBe(true);
  expect(fits({ ...row, at: noon - 2 * 3_600_000 })).toBe(false);
  expect(fits({ ...row, message: "merged logout" })).toBe(false);
  expect(feedFilter({}, undefined, noon)).toBe("audit:on");
});
