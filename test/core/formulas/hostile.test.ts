import fc from "fast-check";
import { expect, it } from "vitest";
import { tryCook } from "../../../src/core/formulas/cook.ts";
import { textHash } from "../../../src/core/formulas/open-library.ts";
import { readFormula } from "../../../src/core/formulas/read-formula.ts";
import { libraryOf } from "./library-of.ts";

const keys = [
  ..."formula description type version extends vars steps template advice pointcuts compose pour phase squash".split(
    " ",
  ),
  ..."inputs legs prompts output presets default_preset synthesis aspects id title needs depends_on labels".split(
    " ",
  ),
  ..."priority metadata condition waits_for children loop expand expand_vars gate on_complete run env retry".split(
    " ",
  ),
  ..."count range until max var parallel body target before after around glob with select from join default".split(
    " ",
  ),
  ..."required enum pattern await_id timeout for_each bond branch map bond_points after_step step_id mode".split(
    " ",
  ),
];
const words = [
  ..."f a b workflow expansion aspect convoy task human timer all-children 1..3 1..{n} {target}.x {step.id}-x".split(
    " ",
  ),
  ..."{{x}} {{#if x}} children-of(a) 30m * ../x part look".split(" "),
];
const leaf = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...words) },
  fc.string(),
  fc.integer({ min: -2, max: 5 }),
  fc.boolean(),
  fc.constant(null),
);
const { document } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(tie("document"), { maxLength: 3 }),
    tie("document"),
  ),
  document: fc.dictionary(fc.constantFrom(...keys), tie("value"), { maxKeys: 7 }),
}));

/** Steps that are nearly right, with one odd thing each. */
const steps = fc.array(
  fc.tuple(
    fc.constantFrom("a", "b", "c", "d"),
    fc.subarray(["a", "b", "c"]),
    fc.dictionary(fc.constantFrom(...keys), leaf, { maxKeys: 1 }),
  ),
  { minLength: 1, maxLength: 4 },
);
const rules = fc.record(
  {
    expand: fc.array(
      fc.record({ target: fc.constantFrom(...words), with: fc.constantFrom("part", "look") }),
      { maxLength: 2 },
    ),
    map: fc.array(fc.record({ select: fc.constantFrom("*", "a", "b*"), with: fc.constant("part") }), {
      maxLength: 1,
    }),
    aspects: fc.subarray(["look", "part"]),
    branch: fc.array(
      fc.record({
        from: fc.constantFrom("a", "b"),
        steps: fc.constant(["b"]),
        join: fc.constantFrom("c", "a"),
      }),
      { maxLength: 1 },
    ),
  },
  { requiredKeys: [] },
);

const library = libraryOf({
  part: 'formula = "part"\ntype = "expansion"\n[[template]]\nid = "{target}.x"\ntitle = "X"\n',
  look: 'formula = "look"\ntype = "aspect"\n[[advice]]\ntarget = "*"\nbefore = { id = "{step.id}-look" }\n',
});

it("whatever a file says, it is either cooked or told what is wrong with it", () => {
  fc.assert(
    fc.property(
      document,
      fc.option(steps),
      rules,
      fc.constantFrom("expansion", "convoy", undefined),
      (content, some, compose, type) => {
        const made = some?.map(([id, needs, odd]) => ({ id, title: id, needs, ...odd }));
        const whole =
          made === undefined
            ? { ...(content as object), formula: "f", ...(type === undefined ? {} : { type }) }
            : { formula: "f", steps: made, compose };
        const text = JSON.stringify(whole);
        const read = readFormula({ text, format: "json", stem: "f", shown: "f.formula.json" });
        const file = {
          name: "f",
          tier: "file",
          path: "/f.json",
          shown: "f",
          text,
          sha256: textHash(text),
          ...read,
        };
        for (const mode of ["compile", "runtime"] as const) {
          const { proto, problems } = tryCook(file, library, { mode });
          expect(proto === undefined).toBe(problems.some(({ severity }) => severity === "error"));
        }
      },
    ),
    { numRuns: Number(process.env["GT_RUNS"] ?? 300) },
  );
});
