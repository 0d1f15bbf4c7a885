import { describe, expect, test } from "vitest";
import { parseSlingTarget } from "../../../src/agents/lifecycle/sling-target.ts";

describe("a target is understood in all its spellings", () => {
  test.each([
    [".", { kind: "self" }],
    ["web", { kind: "rig", rig: "web" }],
    ["web/", { kind: "rig", rig: "web" }],
    ["web/Nux", { kind: "polecat", rig: "web", name: "nux", explicit: false }],
    ["web/polecats/nux", { kind: "polecat", rig: "web", name: "nux", explicit: true }],
    ["web/crew/Sam", { kind: "crew", rig: "web", name: "Sam" }],
    ["web/wit", { kind: "rig-role", rig: "web", role: "witness" }],
    ["web/refinery", { kind: "rig-role", rig: "web", role: "refinery" }],
    ["mayor/", { kind: "town-role", role: "mayor" }],
    ["dea", { kind: "town-role", role: "deacon" }],
    ["deacon/boot", { kind: "town-role", role: "boot" }],
    ["deacon/dogs", { kind: "dog" }],
    ["deacon/dogs/rex", { kind: "dog", name: "rex" }],
    ["dog:", { kind: "dog" }],
    ["dog:Rex", { kind: "dog", name: "rex" }],
  ])("%s", (word, target) => {
    expect(parseSlingTarget(word)).toEqual(target);
  });
});

describe("anything else is refused with the list of valid forms", () => {
  test.each([
    "mayor/x",
    "web/witness/x",
    "web/refinery/x",
    "web/crew",
    "web/polecats",
    "a/b/c/d",
    "web/cats/x",
    "web//x",
    "-x",
    "web/-x",
    "dog:-x y",
  ])("%s", (word) => {
    expect(() => parseSlingTarget(word)).toThrow(
      expect.objectContaining({ code: "E_TARGET", why: [expect.stringContaining("<rig>/crew/<name>")] }),
    );
  });
});
