import { expect, onTestFinished, test } from "vitest";
import { WorkTown } from "../../../support/work-town.ts";

test("work is filed and hooked to a crew member in one go, or not at all", async () => {
  const town = await WorkTown.create();
  onTestFinished(() => town.dispose());
  const access = await town.access();
  expect((await town.gt(["assign", "sam", "Review the parser"])).stderr).toContain("gt crew add sam");
  expect(await access.ledger.find({ scope: "web", type: "task" })).toEqual([]);

  expect((await town.gt(["crew", "add", "sam"])).code).toBe(0);
  const assigned = await town.gt(["assign", "sam", "Review", "the", "parser", "-p", "1", "--json"]);
  const { bead, agent } = assigned.json<{ bead: string; agent: string }>();
  expect(await access.ledger.get(bead)).toMatchObject({
    title: "Review the parser",
    priority: 1,
    assignee: agent,
  });

  expect(await town.gt(["assign", "sam", "More"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("on its hook"),
  });
  expect(await town.gt(["assign", "sam", "More", "-n"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("on its hook"),
  });
  expect(await access.ledger.find({ scope: "web", type: "task" })).toHaveLength(1);
  const forced = await town.gt(["assign", "web/sam", "Urgent", "-f", "-l", "ui", "-t", "bug", "--json"]);
  const urgent = forced.json<{ bead: string }>().bead;
  expect(await access.ledger.get(urgent)).toMatchObject({
    ...{ status: "hooked", assignee: agent, type: "bug", labels: ["ui"] },
  });
  expect(await access.ledger.get(bead)).toMatchObject({ status: "open", assignee: "" });
  await town.gt(["unsling", urgent, "-f"]);
  await town.gt(["hook", bead, agent]);
  expect((await town.gt(["hook", "show", "web/crew/sam"])).stdout).toBe(
    `web/crew/sam: ${bead} 'Review the parser' [hooked]\n`,
  );

  const other = await town.bead(access, "Plan the printer");
  const hooked = await town.gt([
    "hook",
    other.id,
    "mayor",
    "-s",
    "the printer",
    "-m",
    "the tests come first",
  ]);
  expect(hooked.stdout).toBe(`🪝 ${other.id} is on the hook of mayor/\n`);
  const { stdout } = await town.gt(["resume"], { GT_ROLE: "mayor" });
  expect(stdout).toContain("HANDOFF: the printer  from overseer");
});
