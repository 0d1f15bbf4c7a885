import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { launchArgv } from "../../src/agents/runtimes/launch.ts";
import { presets } from "../../src/agents/runtimes/presets.ts";
import { ModelServer } from "../support/model-server.ts";
import { cleanEnvironment, openTerminal } from "../support/terminal.ts";
import { installedCli } from "./install-cli.ts";
import { leaveOut } from "./leave-out.ts";
import type { CliName } from "./packages.ts";
import { recordObservation } from "./record.ts";
import { hasTime } from "./time-budget.ts";

export interface ClosedCli {
  readonly name: CliName;
  /** What makes it ask the loopback instead of its makers. */
  readonly env: (url: string) => Readonly<Record<string, string>>;
  /** What it shows instead of working. */
  readonly shows: RegExp;
  /** A request that only its makers' servers can answer. */
  readonly asks: string;
  readonly why: string;
}

/** An agent CLI that speaks to nobody but its makers: that this is still so is all that can be seen offline. */
export async function refuses(cli: ClosedCli): Promise<void> {
  const found = await installedCli(cli.name);
  if ("missing" in found) {
    leaveOut(cli.name, found.missing);
    return;
  }
  describe(`${cli.name} ${found.version}`, () => {
    test("does not work without its makers' servers", async ({ skip }) => {
      if (!hasTime(20_000)) {
        console.warn(`left out: ${cli.name}: no time left`);
        skip("no time left");
      }
      const runtime = presets.get(cli.name);
      if (runtime === undefined) throw new Error(`no preset ${cli.name}`);
      const server = await ModelServer.start(() => ({ text: "ok" }));
      const home = mkdtempSync(join(tmpdir(), `gt-${cli.name}-`));
      const [, ...args] = launchArgv({ runtime, hooks: home, prompt: "hello" });
      const env = cleanEnvironment({ HOME: home, ...runtime.env, ...cli.env(server.url) });
      const terminal = openTerminal(found.program, args, { cwd: home, env, columns: 150 });
      try {
        await terminal.waitForText(cli.shows, 90_000);
        expect(server.unknown.join("\n")).toContain(cli.asks);
        expect(server.requests).toHaveLength(0);
      } finally {
        terminal.dispose();
        await server.close();
        rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
      }
      recordObservation(cli.name, found.version, { proven: [], cannot: { start: cli.why } });
    });
  });
}
