import { expect, test } from "vitest";
import { allFlows } from "./flows/all-flows.ts";
import { Person } from "./support/person.ts";
import { TuiTown } from "./support/tui-town.ts";

const sizes = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 35 },
  { columns: 200, rows: 50 },
];

test("each flow has a name of its own", () => {
  const names = allFlows.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

const cases = allFlows.flatMap((flow) => sizes.map((size) => ({ ...flow, ...size, flow })));

test.each(cases)(
  "$name at $columns x $rows: $says",
  async ({ flow, columns, rows }) => {
    await using town = new TuiTown();
    await flow.town?.(town);
    const person = new Person(town.open({ columns, rows }));
    await person.terminal.waitForText("gastown");
    flow.steps(person, town);
    await person.done();
  },
  60_000,
);
