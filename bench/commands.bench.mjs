// What agents call at each prompt, cold, in a town with 20,000 beads: at most 2.5 times `node -e 0` (spec/07 §1.9).
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { acquireLock } from "../src/core/lock/lock.ts";
import { scratchTown } from "../test/support/scratch-town.ts";

export const title = "Hot commands, in a town with 20,000 beads";

const beads = 20_000;
const runs = 25;

export default async function* commands() {
  const scratch = await scratchTown({ rigs: [{ name: "web", prefix: "we" }] });
  let daemon;
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
    const [bead, work] = await ledger.ready({ limit: 2 });
    // As at work: a bead on the hook, a sandbox with git, and a daemon that sees to what commands would do without one.
    const cwd = join(scratch.root, "web", "polecats", "nux", "web");
    spawnSync("git", ["clone", "--quiet", scratch.origin("web"), cwd]);
    const baseSha = spawnSync("git", ["rev-parse", "HEAD"], { cwd, encoding: "utf8" }).stdout.trim();
    await ledger.write("overseer", [
      { op: "hook", address, bead: work.id },
      { op: "setAgent", address, fields: { state: "working", hookState: "active", baseSha } },
    ]);
    daemon = await acquireLock(scratch.town.paths.locks, "daemon", { kind: "daemon" });
    const env = {
      ...process.env,
      GT_ROLE: address,
      GT_SESSION: "we-nux",
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
      const pairs = [];
      for (let run = 0; run < runs; run++) {
        const baseline = timeMs(() => spawnSync(process.execPath, ["-e", "0"]));
        const value = timeMs(() =>
          spawnSync(process.execPath, [join(bin, program), ...args], { cwd, env, input: hookInput }),
        );
        pairs.push({ value, baseline, ratio: value / baseline });
      }
      pairs.sort((one, other) => one.ratio - other.ratio);
      const { value, baseline } = pairs[Math.floor(runs / 2)];
      yield {
        name: `${program} ${args.join(" ")}`,
        ...{ value, unit: "ms", baseline, barRatio: 2.5 },
        note: `ratios ${pairs[0].ratio.toFixed(1)} to ${pairs.at(-1).ratio.toFixed(1)}`,
      };
    }
  } finally {
    daemon?.release();
    await scratch.dispose();
  }
}

function timeMs(run) {
  const start = performance.now();
  run();
  return performance.now() - start;
}
