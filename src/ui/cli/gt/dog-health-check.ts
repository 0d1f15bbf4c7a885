import { freeDog } from "../../../agents/dogs/dog-pool.ts";
import { dogTroubles } from "../../../agents/dogs/patrol-dogs.ts";
import { stopAgentSession } from "../../../agents/sessions/start-session.ts";
import type { CommandContext } from "../command.ts";

/** `gt dog health-check` (spec/04 §10.3). Exit code 1 when something is left wrong. */
export async function run(context: CommandContext): Promise<number> {
  const { out, flags } = context;
  const [name] = context.args;
  const access = await context.access();
  const all = await dogTroubles(access, flags.duration("max-inactivity") ?? 600_000);
  const troubles = all.filter((each) => name === undefined || each.name === name);
  const mustClear = flags.boolean("auto-clear");
  for (const { address, name: dog, kind, reason } of troubles) {
    if (mustClear) {
      await stopAgentSession(access, address, "killed");
      await freeDog(access, dog, { result: "failed" });
    }
    out.line(`🐕 ${dog}: ${kind} (${reason})${mustClear ? ", cleared" : ""}`);
  }
  if (troubles.length === 0) out.done("all dogs are well");
  out.document({ ok: troubles.length === 0 || mustClear, troubles, cleared: mustClear });
  return troubles.length === 0 || mustClear ? 0 : 1;
}
