// What agents call at each prompt, cold, in a town with 20,000 beads: at most 2.5 times `node -e 0` (spec/07 §1.9).
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { scratchTown } from "../test/support/scratch-town.ts";

export const title = "Hot commands, in a town with 20,000 beads";

const beads = 20_000;
const runs = 15;

export default async function* commands() {
  const scratch = await scratchTown({ rigs: [{ name: "web", prefix: "we" }] });
  try {
    const ledger = await scratch.ledger();
    const address = "web/polecats/nux";
    await ledger.write("system", [
      {
        op: "ensureAgent",
        agent: { id: "we-web-polecat-nux", address, role: "polecat", rig: "web", name: "nux" },
      },
    ]);
    for (let start = 0; start < beads; start += 1000) {
      const portion = Array.from({ length: 1000 }, (_, n) => ({
        op: "create",
        bead: { title: `Bead ${start + n}`, scope: "web", description: "x".repeat(300), priority: n % 5 },
      }));
      await ledger.write("system", portion);
    }
    const [bead] = await ledger.ready({ limit: 1 });
    const cwd = join(scratch.root, "web", "polecats", "nux", "web");
    mkdirSync(cwd, { recursive: true });
    const env = {
      ...process.env,
      GT_ROLE: address,
      GT_SESSION: "gt-web-nux",
      GT_NO_DAEMON: "1",
      NO_COLOR: "1",
    };
    // What a runtime writes to its hooks; the others do not read it.
    const hookInput = JSON.stringify({
      ...{ session_id: "s", source: "startup", tool_name: "Bash", tool_input: { command: "npm test" } },
    });
    const bin = join(import.meta.dirname, "../bin");
    for (const [program, ...args] of [
      ["bd", "show", bead.id],
      ["bd", "ready", "--json"],
      ["gt", "hook"],
      ["gt", "prime", "--hook"],
      ["gt", "mail", "check", "--inject"],
      ["gt", "tap", "hook", "session-start", "--provider", "claude"],
      ["gt", "tap", "hook", "prompt", "--provider", "claude"],
      ["gt", "tap", "hook", "pre-tool", "--provider", "claude"],
      ["gt", "tap", "hook", "turn-end", "--provider", "claude"],
    ]) {
      // Both in turns, so that a busy machine slows both.
      const command = [];
      const nothing = [];
      for (let run = 0; run < runs; run++) {
        nothing.push(timeMs(() => spawnSync(process.execPath, ["-e", "0"])));
        command.push(
          timeMs(() =>
            spawnSync(process.execPath, [join(bin, program), ...args], { cwd, env, input: hookInput }),
          ),
        );
      }
      yield {
        name: `${program} ${args.join(" ")}`,
        value: median(command),
        unit: "ms",
        baseline: median(nothing),
        barRatio: 2.5,
      };
    }
  } finally {
    await scratch.dispose();
  }
}

function timeMs(run) {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
