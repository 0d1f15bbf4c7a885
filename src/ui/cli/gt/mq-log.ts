import { existsSync, readFileSync } from "node:fs";
import { watch } from "chokidar";
import { GtError } from "../../../core/gt-error.ts";
import { findRequest } from "../../../core/merge/find-request.ts";
import { findRun, type RunProbe, type RunRecord } from "../../../core/merge/run-record.ts";
import { sanitise } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt mq log` (spec/05 §4.1). */
export async function run(context: CommandContext): Promise<void> {
  const [what = "", gate] = context.args;
  const record = await findRecord(context, what);
  const probes = record.probes.filter((probe) => gate === undefined || probe.gate === gate);
  if (probes.length === 0)
    throw new GtError(
      "E_NO_LOG",
      `run ${record.id} has no output${gate === undefined ? " yet" : ` of ${gate}`}`,
      {
        hint: `gt mq log ${what}`,
      },
    );
  // One log at a time is read: the one that explains the outcome.
  const shown =
    probes.find((probe) => probe.verdict === undefined) ?? probes.findLast(isRed) ?? probes.at(-1);
  if (shown === undefined) return;
  await show(context, shown);
}

function isRed(probe: RunProbe): boolean {
  return probe.verdict === "red";
}

async function findRecord(context: CommandContext, what: string): Promise<RunRecord> {
  const ledger = await context.ledger();
  const town = await context.town();
  if (what.startsWith("mqr-")) {
    for (const rig of town.rigs()) {
      const found = await findRun(ledger, rig.name, what);
      if (found !== undefined) return found;
    }
    throw new GtError("E_RUN_NOT_FOUND", `no run ${what}`, { hint: "gt mq runs" });
  }
  const { mr, rig } = await findRequest(ledger, town, what);
  const id = mr.run || mr.evidence;
  const found = id === "" ? undefined : await findRun(ledger, rig.name, id);
  if (found !== undefined) return found;
  throw new GtError("E_NO_LOG", `${mr.id} has not been gated yet`, { hint: `gt mq status ${mr.id}` });
}

async function show(context: CommandContext, probe: RunProbe): Promise<void> {
  const { out, flags } = context;
  const tail = flags.integer("tail");
  const lines = read(probe);
  out.document({ gate: probe.gate, prefix: probe.prefix, log: probe.log, lines });
  for (const line of tail === undefined ? lines : lines.slice(-tail)) out.line(sanitise(line));
  if (!flags.boolean("follow") || out.json) return;
  let seen = lines.length;
  const signal = context.untilSignal();
  await new Promise<void>((resolve) => {
    const watcher = watch(probe.log, { ignoreInitial: true });
    const end = () => void watcher.close().then(resolve);
    watcher.on("all", () => {
      const now = read(probe);
      for (const line of now.slice(seen)) out.line(sanitise(line));
      seen = now.length;
      if (now.some((line) => line.startsWith("# exit"))) end();
    });
    if (lines.some((line) => line.startsWith("# exit"))) end();
    signal.addEventListener("abort", end, { once: true });
  });
}

/**
 * The log's lines, without one that is still being written; the kept end of it when the file is gone, as everything under
 * `.runtime/` may be.
 */
function read(probe: RunProbe): readonly string[] {
  if (!existsSync(probe.log)) return probe.tail ?? [];
  return readFileSync(probe.log, "utf8").split("\n").slice(0, -1);
}
