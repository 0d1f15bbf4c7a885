import { expect, test } from "vitest";
import {
  builtInThemes,
  defaultTheme,
  firstFreeName,
  isCustomName,
} from "../../../src/agents/lifecycle/name-theme.ts";

test("every built-in theme has fifty different names that are safe as directories and refs", () => {
  for (const names of Object.values(builtInThemes)) {
    expect(names).toHaveLength(50);
    expect(new Set(names).size).toBe(50);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
  }
});

test("a rig always gets the same theme, and rigs are spread over the themes", () => {
  expect(defaultTheme("web")).toBe(defaultTheme("web"));
  const used = new Set(["web", "api", "shop", "notes", "docs", "app"].map((rig) => defaultTheme(rig)));
  expect(used.size).toBeGreaterThan(1);
});

test("a new rig gets a theme that no other has, as long as there is one", () => {
  const own = defaultTheme("web");
  const next = defaultTheme("web", new Set([own]));
  expect(next).not.toBe(own);
  const last = defaultTheme("web", new Set([own, next]));
  expect(new Set([own, next, last]).size).toBe(3);
  expect(defaultTheme("web", new Set([own, next, last]))).toBe(own);
});

test("names are given in theme order, reserved ones are skipped", () => {
  const pool = { names: ["witness", "nux", "slit"], size: 50 };
  expect(firstFreeName(pool, () => false)).toBe("nux");
  expect(firstFreeName(pool, (name) => name === "nux")).toBe("slit");
});

test("when all names are taken, numbers follow from just above the size of the pool", () => {
  const taken = new Set(["nux", "slit", "51"]);
  const pool = { names: ["nux", "slit"], size: 50 };
  expect(firstFreeName(pool, (name) => taken.has(name))).toBe("52");
  // A number that was given once is given again only after a reset.
  expect(firstFreeName(pool, (name) => taken.has(name), 54)).toBe("54");
});

test("a name that a person makes up is long enough, lower case and not reserved", () => {
  expect(["nuxy", "war-rig", "a1b2"].map(isCustomName)).toEqual([true, true, true]);
  expect(["nux", "Nuxy", "witness", "crew-bob", "1abc", "--help", "a b c d"].map(isCustomName)).toEqual(
    new Array(7).fill(false),
  );
});
