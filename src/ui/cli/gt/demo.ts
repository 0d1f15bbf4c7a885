import { townDown } from "../../../agents/daemon/town-down.ts";
import { townUp } from "../../../agents/daemon/town-up.ts";
import { type DemoTown, fastPace, makeDemoTown, visiblePace } from "../../../agents/demo/demo-town.ts";
import { type DemoOutcome, followDemo } from "../../../agents/demo/run-demo.ts";
import { connectHost } from "../../../agents/sessions/client.ts";
import type { SessionHost } from "../../../agents/sessions/session-host.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import { systemClock } from "../../../core/clock.ts";
import { formatEventLine } from "../../../core/events/describe-event.ts";
import { GtError } from "../../../core/gt-error.ts";
import { openTownLedger } from "../../../core/ledger/town-ledger.ts";
import { systemRandom } from "../../../core/random.ts";
import type { CommandContext } from "../command.ts";

const timeoutMs = 15 * 60_000;

/** `gt demo [dir] [--plain] [--fast]`. */
export async function run(context: CommandContext): Promise<number> {
  const { out } = context;
  const [directory] = context.args;
  const isPlain = context.plain || context.json || !process.stdout.isTTY || !process.stdin.isTTY;
  // Also where a person looks on: the view ends by itself at a signal, and then the town still has to be taken down.
  const signal = context.untilSignal();
  const demo = await makeDemoTown({
    ...(directory === undefined ? {} : { directory }),
    cwd: context.cwd,
    pace: context.flags.boolean("fast") ? fastPace : visiblePace,
    onStage: (stage) => out.note(stage),
  });
  const opened = await openAccess(demo);
  try {
    const failed = (await townUp(opened.access, { env: context.env })).filter((service) => !service.ok);
    if (failed.length > 0) throw new GtError("E_DEMO", failed.map((service) => service.detail).join("; "));
    return isPlain ? await runPlain(context, opened.access, signal) : await runInTerminal(context, demo);
  } finally {
    await takeDown(context, demo, opened);
  }
}

async function runInTerminal(context: CommandContext, demo: DemoTown): Promise<number> {
  const { launchTui } = await import("../../tui/launch-tui.ts");
  return launchTui(demo.town, { env: context.env, commands: context.program.commands });
}

async function runPlain(context: CommandContext, access: TownAccess, signal: AbortSignal): Promise<number> {
  const { out } = context;
  const outcome = await followDemo(access, {
    signal,
    timeoutMs,
    onEvents: (events) => {
      for (const event of events) out.line(formatEventLine(event, { ascii: false }));
    },
  });
  report(context, outcome);
  return outcome.ended === "timeout" ? 1 : 0;
}

function report({ out }: CommandContext, outcome: DemoOutcome): void {
  const { landed, waiting, moving, ended } = outcome;
  out.document({ ended, landed, waiting, moving });
  out.line();
  out.line(`${landed.length} beads landed`);
  for (const { bead, title, agent, reason } of waiting)
    out.line(`1 bead waits for a person: ${bead} "${title}" (${agent}: ${reason})`);
  if (moving.length > 0) out.line(`${moving.length} beads were still under way: ${moving.join(", ")}`);
  if (ended === "timeout") out.warn("the demo did not come to its end in time");
}

interface Opened {
  readonly access: TownAccess;
  close(): Promise<void>;
}

async function openAccess(demo: DemoTown): Promise<Opened> {
  const { town } = demo;
  const ledger = await openTownLedger(town);
  let connected: SessionHost | undefined;
  const access: TownAccess = {
    town,
    ledger,
    clock: systemClock,
    random: systemRandom,
    actor: "overseer",
    host: async (options) => {
      if (connected !== undefined) return connected;
      const host = await connectHost(town, options);
      host.subscribe((event) => {
        if (event.type === "lost") connected = undefined;
      });
      connected = host;
      return host;
    },
  };
  return {
    access,
    close: async () => {
      connected?.disconnect();
      await ledger.close();
    },
  };
}

/** Whatever happened before: no process stays behind, and a throw-away town leaves no file. */
async function takeDown(context: CommandContext, demo: DemoTown, opened: Opened): Promise<void> {
  context.out.note("taking the demo town down");
  const { leftovers } = await townDown(opened.access, { scope: "all", force: true });
  await opened.close();
  for (const leftover of leftovers) context.out.warn(`still there: ${leftover}`);
  if (demo.isThrowAway) {
    await demo.remove();
    if (leftovers.length === 0) context.out.note("the demo is gone; nothing of it is left running");
    context.out.note("a town of your own: gt install ~/gt");
  } else
    context.out.note(`the town stays in ${demo.town.root}: cd ${demo.town.root} && gt up --restore && gt`);
}
