import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openTown } from "../../../src/core/town/open-town.ts";
import { PlainTown } from "../../support/plain-town.ts";

test("settings and registry that are no JSON hold what they said last for the daemon, and are an error for others (07 §6.1)", () => {
  const { root } = new PlainTown();
  onTestFinished(() => rmSync(root, { recursive: true }));
  const write = (path: string, text: string): void => writeFileSync(join(root, path), text);
  mkdirSync(join(root, "settings"));
  write("settings/config.json", '{"default_agent":"codex"}');
  const told: string[] = [];
  const kept = openTown(root, { env: {}, keepLastGood: (why) => told.push(why) });
  const agent = () => kept.settings()["default_agent"];
  expect([agent(), kept.rig("greenplace").prefix]).toEqual(["codex", "gp"]);

  write("settings/config.json", '{"default_agent": ');
  write("mayor/rigs.json", "{");
  expect([agent(), agent(), kept.rig("greenplace").prefix]).toEqual(["codex", "codex", "gp"]);
  expect(told).toEqual([
    expect.stringContaining("settings/config.json:1:"),
    expect.stringContaining("mayor/rigs.json:1:"),
  ]);
  const strict = openTown(root, { env: {} });
  const late = openTown(root, { env: {}, keepLastGood: (why) => told.push(why) });
  for (const town of [strict, late]) expect(() => town.settings()).toThrow("is not valid JSON");

  write("settings/config.json", '{"default_agent":"gemini"}');
  expect([agent(), told.length]).toEqual(["gemini", 2]);
});
