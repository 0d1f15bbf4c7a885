import { GtError, usageError } from "../../../core/gt-error.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import { parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";

const patrolling = ["deacon", "witness", "refinery"];

interface Cycle {
  readonly number: number;
  readonly startedAt: number;
}

/** `gt patrol new` and `gt patrol report` (spec/04 §9.5): cycles of a role that runs as an agent, as rows and events. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const { ledger, actor, clock } = await context.access();
  const caller = parseAddress(actor);
  const role =
    flags.string("role") ??
    (caller !== undefined && patrolling.includes(caller.role) ? caller.role : undefined);
  if (role === undefined)
    throw new GtError("E_USAGE", "you do not patrol: say --role", { exitCode: 2, hint: "gt help patrol" });
  const key = `cycle:${actor}`;
  const before = (await ledger.row<Cycle>("patrols", key))?.value;
  const now = clock.now();
  const next: Cycle = { number: (before?.number ?? 0) + 1, startedAt: now };
  const rig = caller?.rig ?? "";
  const event = (type: string, payload: Readonly<Record<string, unknown>>): Operation => ({
    op: "event",
    event: { type, payload: { role, ...(rig === "" ? {} : { rig }), ...payload } },
  });
  const put: Operation = { op: "putRow", table: "patrols", key, value: next };
  if (context.words.at(-1) === "new") {
    await ledger.write(actor, [put, event("patrol_started", { cycle: next.number })]);
    out.document({ ok: true, role, cycle: next.number });
    out.done(`cycle ${next.number} of the ${role} begins`);
    return;
  }
  const summary = flags.string("summary");
  if (!summary) throw usageError("say what was found: --summary", { hint: "gt help patrol report" });
  const steps = flags.strings("steps").map(readStep);
  const cycle = before?.number ?? 1;
  await ledger.write(actor, [
    put,
    event("patrol_complete", {
      cycle,
      message: summary,
      steps: Object.fromEntries(steps),
      ...(before === undefined ? {} : { duration_ms: now - before.startedAt }),
    }),
  ]);
  if ((await ledger.agent(actor)) !== undefined) await ledger.touchAgent(actor, { lastProgressAt: now });
  out.document({ ok: true, role, cycle, next: next.number });
  out.done(`cycle ${cycle} of the ${role} is over`);
}

function readStep(text: string): readonly [string, string] {
  const [name = "", outcome = ""] = text.split(":");
  const word = outcome.toUpperCase();
  if (name === "" || !["OK", "SKIP", "FAIL"].includes(word))
    throw usageError(`"${text}" is not a step's outcome`, { why: ["steps look like inbox:OK, survey:SKIP"] });
  return [name, word];
}
