// npm run e2e -- --watch NAME [--size 200x50] shows a flow as it happens; --sandbox NAME opens its town for you; without either, all are tested.
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { allFlows } from "./flows/all-flows.ts";
import type { Flow } from "./flows/flow.ts";
import { Person } from "./support/person.ts";
import { gtProgram, type Size, TuiTown } from "./support/tui-town.ts";

const watchedPaceMs = 900;

const { values } = parseArgs({
  options: {
    watch: { type: "string" },
    sandbox: { type: "string" },
    list: { type: "boolean" },
    size: { type: "string" },
  },
});

if (values.list) for (const { name, says } of allFlows) console.log(`${name.padEnd(18)} ${says}`);
else if (values.watch !== undefined) await watch(flowNamed(values.watch));
else if (values.sandbox !== undefined) await openSandbox(flowNamed(values.sandbox));
else
  process.exitCode = spawnSync("vitest", ["run", "test/e2e/flows.test.ts"], { stdio: "inherit" }).status ?? 1;

function flowNamed(name: string): Flow {
  const flow = allFlows.find((candidate) => candidate.name === name);
  if (flow !== undefined) return flow;
  console.error(`error: no flow is called ${name}\nnpm run e2e -- --list`);
  return process.exit(2);
}

/** The size asked for, else that of this terminal. */
function watchedSize(): Size {
  const { columns = 120, rows = 35 } = process.stdout;
  if (values.size === undefined) return { columns, rows };
  const [, wide, high] = /^(\d+)x(\d+)$/.exec(values.size) ?? [];
  if (wide !== undefined && high !== undefined) return { columns: Number(wide), rows: Number(high) };
  console.error(`error: --size "${values.size}" is no size\nnpm run e2e -- --watch NAME --size 200x50`);
  return process.exit(2);
}

/** The flow, slowly, on this terminal. */
async function watch(flow: Flow): Promise<void> {
  await using town = new TuiTown();
  await flow.town?.(town);
  const terminal = town.open(watchedSize(), { mirror: (bytes) => void process.stdout.write(bytes) });
  const person = new Person(terminal, { paceMs: watchedPaceMs });
  let failure: unknown;
  try {
    await terminal.waitForText("gastown");
    flow.steps(person, town);
    await person.done();
  } catch (error) {
    failure = error;
  }
  // The TUI gives the terminal back before it ends.
  terminal.kill("SIGTERM");
  await terminal.waitForExit();
  console.log(
    failure === undefined ? `${flow.name}: ${flow.says}` : `${flow.name} failed: ${String(failure)}`,
  );
  process.exitCode = failure === undefined ? 0 : 1;
}

/** The flow's town, as it is before the first step, on this terminal. */
async function openSandbox(flow: Flow): Promise<void> {
  await using town = new TuiTown();
  await flow.town?.(town);
  spawnSync(process.execPath, [gtProgram], { cwd: town.plain.root, env: town.env, stdio: "inherit" });
}
