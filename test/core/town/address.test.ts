import fc from "fast-check";
import { expect, test } from "vitest";
import { type Address, formatAddress, parseAddress } from "../../../src/core/town/address.ts";
import {
  agentBeadId,
  parseAgentBeadId,
  parseSessionName,
  sessionName,
} from "../../../src/core/town/agent-names.ts";

const rigs = [
  { name: "web", prefix: "web" },
  { name: "gastown", prefix: "gt" },
  { name: "api", prefix: "gt-api" },
];

const name = fc
  .stringMatching(/^[a-z][a-z0-9]{0,10}(-[a-z0-9]{1,5})?$/)
  .filter((n) => !n.startsWith("crew-"));
const crewName = fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/);
const rig = fc.constantFrom(...rigs.map((r) => r.name));
const address: fc.Arbitrary<Address> = fc.oneof(
  fc.constantFrom<Address>(
    { role: "mayor", rig: "", name: "" },
    { role: "deacon", rig: "", name: "" },
    { role: "boot", rig: "", name: "" },
  ),
  name.filter((n) => n !== "boot").map((n): Address => ({ role: "dog", rig: "", name: n })),
  rig.map((r): Address => ({ role: "witness", rig: r, name: "" })),
  rig.map((r): Address => ({ role: "refinery", rig: r, name: "" })),
  fc.tuple(rig, crewName).map(([r, n]): Address => ({ role: "crew", rig: r, name: n })),
  fc
    .tuple(
      rig,
      name.filter((n) => n !== "witness" && n !== "refinery" && !n.startsWith("api")),
    )
    .map(([r, n]): Address => ({ role: "polecat", rig: r, name: n })),
);

test("every address, session name and agent bead id reads back as what was written", () => {
  fc.assert(
    fc.property(address, (who) => {
      const itsRig = rigs.find((candidate) => candidate.name === who.rig);
      expect(parseAddress(formatAddress(who))).toEqual(who);
      expect(parseSessionName(sessionName(who, itsRig), rigs)).toEqual(who);
      expect(parseAgentBeadId(agentBeadId(who, itsRig), rigs)).toEqual(who);
    }),
  );
});

test("no text whatever makes the parser throw, and what it accepts is stable", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseAddress(text);
      if (parsed) expect(parseAddress(formatAddress(parsed))).toEqual(parsed);
    }),
  );
});

test.each([
  ["mayor", "mayor/"],
  ["may", "mayor/"],
  ["web/mayor", "mayor/"],
  ["human", "overseer"],
  ["overseer/", "overseer"],
  ["boot", "deacon/boot"],
  ["dog/Rex", "deacon/dogs/rex"],
  ["dog:rex", "deacon/dogs/rex"],
  ["web/wit", "web/witness"],
  ["web/polecats/Nux", "web/polecats/nux"],
  ["web//polecats//nux/", "web/polecats/nux"],
])("%s means %s", (typed, meant) => {
  const parsed = parseAddress(typed);
  expect(parsed && formatAddress(parsed)).toBe(meant);
});

test.each(["", "/", "web", "web/nux", "-x/crew/a", "web/crew/../a", "a/b/c/d", "web/crew/-n"])(
  "%j is no address by itself",
  (typed) => expect(parseAddress(typed)).toBeUndefined(),
);

test("ids follow the table of the chapter", () => {
  const nux: Address = { role: "polecat", rig: "gastown", name: "nux" };
  expect(sessionName(nux, rigs[1])).toBe("gt-nux");
  expect(agentBeadId(nux, rigs[1])).toBe("gt-gastown-polecat-nux");
  expect(agentBeadId({ ...nux, rig: "web" }, rigs[0])).toBe("web-polecat-nux");
  expect(sessionName({ role: "crew", rig: "gastown", name: "max" }, rigs[1])).toBe("gt-crew-max");
  expect(agentBeadId({ role: "dog", rig: "", name: "rex" })).toBe("hq-dog-rex");
});
