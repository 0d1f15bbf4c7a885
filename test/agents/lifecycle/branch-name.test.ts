import fc from "fast-check";
import { expect, test } from "vitest";
import { branchName, parseBranchName } from "../../../src/agents/lifecycle/branch-name.ts";

const now = Date.UTC(2026, 0, 2);

test("the default branch names polecat, bead and time, and can be read back", () => {
  const branch = branchName({ polecat: "nux", bead: "web-a1.2", now });
  expect(branch).toBe(`polecat/nux/web-a1.2@${now.toString(36)}`);
  expect(parseBranchName(branch)).toEqual({ polecat: "nux", bead: "web-a1.2" });
});

test("without a bead the branch has only polecat and time", () => {
  const branch = branchName({ polecat: "bullet-farmer", now });
  expect(branch).toBe(`polecat/bullet-farmer-${now.toString(36)}`);
  expect(parseBranchName(branch)).toEqual({ polecat: "bullet-farmer" });
});

test("a template fills its fields and drops empty segments", () => {
  const subject = { polecat: "nux", bead: "web-a1", title: "Fix: the LOGIN (again)!", now, user: "sam" };
  expect(branchName(subject, "{user}/{year}{month}/{issue}-{description}")).toBe(
    "sam/2601/a1-fix-the-login-again",
  );
  expect(branchName({ ...subject, bead: "", title: "" }, "{issue}/{name}")).toBe("nux");
});

test("no title, user or template makes a name that git would refuse or read as an option", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (title, user, template) => {
      const branch = branchName(
        { polecat: "nux", bead: "web-a1", title, user, now },
        `${template}/{user}/{description}`,
      );
      expect(branch).not.toMatch(/^[-/]|\.\.|@\{|[\s~^:?*[\\]|\/\/|\/$|\.lock(\/|$)|(^|\/)\./);
      expect(branch).not.toBe("");
    }),
  );
});
