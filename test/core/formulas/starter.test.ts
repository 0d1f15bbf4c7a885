import { expect, it } from "vitest";
import { starterText, starterTypes } from "../../../src/core/formulas/starter.ts";
import { tryCook } from "../../../src/core/formulas/cook.ts";
import { formulaFile, libraryOf } from "./library-of.ts";

it.each(starterTypes)("a starter of type %s has nothing wrong with it", (type) => {
  const file = formulaFile("my-work", starterText(type, "my-work"));
  expect(file.problems).toEqual([]);
  if (type === "aspect") return;
  const { proto, problems } = tryCook(file, libraryOf({ "my-work": file.text }), { mode: "compile" });
  expect(problems).toEqual([]);
  expect(proto?.steps.length).toBeGreaterThan(0);
});
