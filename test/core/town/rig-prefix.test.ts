import { expect, test } from "vitest";
import { proposeRigName } from "../../../src/core/town/rig-name.ts";
import { choosePrefix, derivePrefix, givenPrefix } from "../../../src/core/town/rig-prefix.ts";

test.each([
  ["gastown", "gt"],
  ["my_project", "mp"],
  ["HTMLParser", "hp"],
  ["foo", "foo"],
  ["beads", "be"],
  ["greenplace", "gp"],
  ["wasteland", "wl"],
  ["acme", "ac"],
])("the prefix of %s is %s", (name, prefix) => expect(derivePrefix(name)).toBe(prefix));

test("a taken prefix gives way: three letters, four, the whole name, then numbers", () => {
  const owners = new Map<string, string>();
  const taken = ["be", "bea", "beac", "beacon", "be2"];
  const chosen = taken.map((prefix) => {
    const choice = choosePrefix("beacon", owners);
    owners.set(prefix, "other");
    return choice;
  });
  expect(chosen).toEqual(taken);
  expect(choosePrefix("beacon", owners)).toBe("be3");
  expect(choosePrefix("beads", new Map([["be", "beads"]]))).toBe("be");
});

test("a given prefix is taken as it is or refused with a way out", () => {
  expect(givenPrefix("web-", "web", new Map())).toBe("web");
  expect(() => givenPrefix("be", "bees", new Map([["be", "beads"]]))).toThrow(
    'the prefix "be" belongs to beads',
  );
  expect(() => givenPrefix("hq", "bees", new Map())).toThrow("belongs to town");
  for (const bad of ["", "A", "a--b", "1a", "a b", "-a"])
    expect(() => givenPrefix(bad, "bees", new Map())).toThrow("cannot be a bead prefix");
});

test.each([
  ["my-app", "my_app"],
  ["web.git", "web"],
  ["9lives", "lives"],
  ["hq", "hqproject"],
  ["..", "project"],
])("instead of %s the name %s is proposed", (name, proposal) => expect(proposeRigName(name)).toBe(proposal));
