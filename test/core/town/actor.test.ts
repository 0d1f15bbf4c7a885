import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resolveActor } from "../../../src/core/town/actor.ts";
import { formatAddress, isReservedName, resolveAddress } from "../../../src/core/town/address.ts";
import { PlainTown } from "../../support/plain-town.ts";

let scratch: PlainTown;
beforeAll(() => {
  scratch = new PlainTown();
  for (const place of ["crew/sam", "crew/ann", "polecats/nux", "polecats/ann"])
    mkdirSync(join(scratch.root, "greenplace", place), { recursive: true });
});
afterAll(() => scratch.dispose());

const actor = (env: NodeJS.ProcessEnv, place = ".") =>
  resolveActor({ env, cwd: join(scratch.root, place), town: scratch.town });

describe("who calls is read from GT_ROLE, then BD_ACTOR, then the directory, else it is the human (04 §0.4)", () => {
  const nux = "greenplace/polecats/nux";
  test.each([
    [{ GT_ROLE: "mayor", BD_ACTOR: nux }, "greenplace/crew/sam", "mayor/"],
    [{ GT_ROLE: "greenplace/nux" }, ".", nux],
    [{ GT_ROLE: "polecat", GT_RIG: "greenplace", GT_POLECAT: "Nux" }, ".", nux],
    [
      { GT_ROLE: "crew", GT_RIG: "greenplace", GT_CREW: "sam", GT_POLECAT: "nux" },
      ".",
      "greenplace/crew/sam",
    ],
    [{ GT_POLECAT: "nux", GT_RIG: "greenplace" }, ".", "overseer"],
    [{ BD_ACTOR: nux }, "mayor", nux],
    [{}, "greenplace/polecats/nux/greenplace/src", nux],
    [{}, "greenplace/refinery/rig", "greenplace/refinery"],
    [{}, "deacon/dogs/boot", "deacon/boot"],
    [{}, "deacon/dogs/Rex", "deacon/dogs/rex"],
    [{}, "greenplace", "overseer"],
  ])("%j in %s is %s", (env, place, expected) => expect(actor(env, place)).toBe(expected));
});

describe("an address is understood in every form, from where it is said (04 §1.1)", () => {
  const here = { rig: "greenplace", actor: "greenplace/crew/sam" };
  test.each([
    ["may", "mayor/"],
    ["dea", "deacon/"],
    ["deacon/", "deacon/"],
    ["wit", "greenplace/witness"],
    ["ref", "greenplace/refinery"],
    ["crew", "greenplace/crew/sam"],
    ["greenplace/sam", "greenplace/crew/sam"],
    ["greenplace/Nux", "greenplace/polecats/nux"],
    ["crew/sam", "greenplace/crew/sam"],
    ["dog:rex", "deacon/dogs/rex"],
  ])("%s is %s", (word, expected) =>
    expect(formatAddress(resolveAddress(word, { town: scratch.town, ...here }))).toBe(expected),
  );
  test.each(["wit", "crew", "greenplace/nobody", "greenplace/ann"])(
    "%s means nobody, or too many",
    (word) => {
      expect(() => resolveAddress(word, { town: scratch.town })).toThrow(
        expect.objectContaining({ code: "E_TARGET" }),
      );
    },
  );
});

test("names of roles, and those that look like a crew session's, are nobody's", () => {
  const reserved = "witness mayor deacon refinery crew polecats boot dogs crew-x Witness".split(" ");
  expect(reserved.filter((name) => !isReservedName(name))).toEqual([]);
  expect(["nux", "crewman", "rex"].filter(isReservedName)).toEqual([]);
});
