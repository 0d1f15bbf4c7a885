import { addCrew, startCrew } from "../../../agents/lifecycle/crew.ts";
import { liveSession } from "../../../agents/lifecycle/agent-session.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { type Member, membersOf } from "./crew-argument.ts";
import { startWishes } from "./start-wishes.ts";

const parallelStarts = 10;

/** `gt crew start [rig] [name...] [--all]` (spec/04 §4): makes what is missing; who runs already is left alone. */
export async function run(context: CommandContext): Promise<number> {
  const { out } = context;
  const members = await membersOf(context);
  const started: Started[] = [];
  for (let at = 0; at < members.length; at += parallelStarts)
    started.push(
      ...(await Promise.all(members.slice(at, at + parallelStarts).map((member) => start(context, member)))),
    );
  const [only, second] = started;
  // One that was named alone fails like any other command.
  if (only?.error !== undefined && second === undefined) throw only.error;
  for (const { address, agent, wasRunning, error } of started) {
    if (error !== undefined) out.line(`✗ ${address}: ${error.message}`);
    else out.line(wasRunning ? `○ ${address} is running already` : `▶ ${address} (${agent})`);
  }
  if (members.length === 0) out.line("no crew");
  const failed = started.filter((each) => each.error !== undefined).length;
  out.document({
    ok: failed === 0,
    started: started.map(({ error, ...each }) => ({ ...each, error: error?.message ?? null })),
  });
  return failed === 0 ? 0 : 1;
}

interface Started {
  readonly address: string;
  readonly session: string;
  readonly agent: string;
  readonly wasRunning: boolean;
  readonly error: GtError | undefined;
}

async function start(context: CommandContext, { rig, name, address }: Member): Promise<Started> {
  const access = await context.access();
  try {
    const { warnings } = await addCrew(access, rig, name, { ownBranch: false });
    for (const warning of warnings) context.out.warn(warning);
    const wasRunning = (await liveSession(access, address)) !== undefined;
    const record = await startCrew(access, address, startWishes(context));
    return { address, session: record.session, agent: record.agent, wasRunning, error: undefined };
  } catch (error) {
    if (!(error instanceof GtError)) throw error;
    return { address, session: "", agent: "", wasRunning: false, error };
  }
}
