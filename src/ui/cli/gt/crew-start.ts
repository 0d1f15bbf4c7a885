import { addCrew, startCrew } from "../../../agents/lifecycle/crew.ts";
import { liveSession } from "../../../agents/lifecycle/agent-session.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { type Member, membersOf } from "./crew-argument.ts";
import { startWishes } from "./start-wishes.ts";

const parallelStarts = 10;

/** `gt crew start [rig] [name...] [--all]` (spec/04 §4): makes what is missing; who runs already is left alone. */
export async function run(context: CommandContext): Promise<number> {
  const { out } = context;
  const members = await membersOf(context);
  await expectOneConversation(context, members);
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

/** A conversation has one owner, and a member's name behind `--resume` is no id (spec/04 §4). */
async function expectOneConversation(context: CommandContext, members: readonly Member[]): Promise<void> {
  const id = context.flags.string("resume");
  if (id === undefined || id === "last") return;
  const { ledger } = await context.access();
  const isName = (await ledger.agents({ role: "crew" })).some((agent) => agent.name === id);
  if (isName)
    throw usageError(`"${id}" is a crew member, not a conversation`, {
      why: ["write --resume behind the names to go on with the last one"],
      hint: `gt crew start ${[...context.args, id].join(" ")} --resume`,
    });
  if (members.length !== 1)
    throw usageError("a conversation can be resumed by one member only", {
      why: [`${members.length} members are meant`],
      hint: `gt crew start ${context.args[0] ?? "<name>"} --resume ${id}`,
    });
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
