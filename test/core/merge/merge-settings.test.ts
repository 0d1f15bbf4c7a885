import { describe, expect, test } from "vitest";
import { integrationName, otherIntegrationName } from "../../../src/core/merge/integration-name.ts";
import { mergeSettings } from "../../../src/core/merge/merge-settings.ts";

describe("gates of a rig", () => {
  test("run setup first, the built-in ones and pre-merge entries together, post-squash entries last", () => {
    const { gates } = mergeSettings({
      merge_queue: {
        setup_command: "npm ci",
        test_command: "npm test",
        lint_command: "npm run lint",
        gates: {
          "z.e2e": { cmd: "npm run e2e", phase: "post-squash", timeout: "45m" },
          audit: { cmd: "npm audit", optional: true },
        },
      },
    });
    expect(gates.map((gate) => [gate.name, gate.group, gate.optional])).toEqual([
      ["setup", "setup", false],
      ["lint", "parallel", false],
      ["test", "parallel", false],
      ["audit", "parallel", true],
      ["z.e2e", "serial", false],
    ]);
    expect(gates.at(-1)?.timeoutMs).toBe(45 * 60_000);
  });

  test("an entry with the name of a built-in gate replaces it, and run_tests=false drops the tests", () => {
    const replaced = mergeSettings({
      merge_queue: { test_command: "npm test", gates: { test: { cmd: "make check" } } },
    });
    expect(replaced.gates.map((gate) => gate.cmd)).toEqual(["make check"]);
    expect(mergeSettings({ merge_queue: { test_command: "npm test", run_tests: false } }).gates).toEqual([]);
  });

  test("another command makes another gate set", () => {
    const one = mergeSettings({ merge_queue: { test_command: "npm test" } });
    const same = mergeSettings({ merge_queue: { test_command: "npm test", gate_timeout: "1m" } });
    const other = mergeSettings({ merge_queue: { test_command: "npm test -- --all" } });
    expect(one.gateset).toBe(same.gateset);
    expect(one.gateset).not.toBe(other.gateset);
  });
});

describe("settings", () => {
  test("that cannot be used are named", () => {
    const broken = (merge_queue: object) => () => mergeSettings({ merge_queue });
    expect(broken({ gate_timeout: "soon" })).toThrow("merge_queue.gate_timeout must be a duration");
    expect(broken({ merge_style: "octopus" })).toThrow("merge_queue.merge_style must be one of");
    expect(broken({ gates: { e2e: {} } })).toThrow("merge_queue.gates.e2e.cmd must be a command");
    expect(broken({ batch: { max_batch_size: 0 } })).toThrow("an integer >= 1");
  });

  test("an old rig-level direct only ever meant that the queue pushes", () => {
    expect(mergeSettings({ merge_queue: { merge_strategy: "direct" } }).strategy).toBe("mr");
  });
});

describe("the name of an integration branch", () => {
  const epic = { epic: "web-a1b2c", title: "Rework: the  Login / page!", user: "Ada L." };

  test("is made from the template", () => {
    expect(integrationName("integration/{title}", epic)).toBe("integration/rework-the-login-page");
    expect(integrationName("{user}/{prefix}/{epic}", epic)).toBe("ada-l/web/web-a1b2c");
    expect(integrationName("integration/{title}", { ...epic, title: "!!!" })).toBe("integration/web-a1b2c");
    expect(otherIntegrationName("integration/x", "web-a1b2c")).toBe("integration/x-a1b2c");
  });

  test.each(["a b", "-rf", "a..b", "a.lock", "/a", "a/", "x@{1}", "a\u001bb", ""])("refuses %j", (name) => {
    expect(() => integrationName(name, epic)).toThrow("is not a branch name");
  });
});
