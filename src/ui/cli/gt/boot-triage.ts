import { ensureDaemon } from "../../../agents/daemon/daemon-control.ts";
import { restartRole, startRole } from "../../../agents/lifecycle/role-session.ts";
import { ask, lifeLimits } from "../../../agents/patrols/ask-for-life.ts";
import { deaconAddress, recordTriage, triageDeacon } from "../../../agents/patrols/triage-deacon.ts";
import { nudge } from "../../../agents/sessions/nudge.ts";
import { readPatrols } from "../../../core/town/patrol-settings.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import type { CommandContext } from "../command.ts";

/** `gt boot triage` and `gt boot spawn` (spec/04 §10.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const access = await context.access();
  const warn = (text: string) => out.warn(text);
  const patrols = readPatrols(access.town);
  if (context.words.at(-1) === "spawn" && patrols("boot").mode === "agent") {
    const agent = flags.string("agent");
    const record = await startRole(access, "deacon/boot", {
      warn,
      ...(agent === undefined ? {} : { agent }),
    });
    out.document({ ok: true, mode: "agent", session: record.session });
    out.done(`boot looks (${record.agent})`);
    return;
  }
  const startedAt = access.clock.now();
  const action = await triageDeacon(access);
  const isDry = flags.boolean("dry-run");
  if (!isDry) {
    if (action !== "nothing") await act(context, access, action, patrols("deacon").mode);
    await recordTriage(access, { action, startedAt });
  }
  out.document({ ok: true, action, target: deaconAddress, applied: !isDry && action !== "nothing" });
  out.line(`the deacon: ${action}`);
}

async function act(
  context: CommandContext,
  access: TownAccess,
  action: "start" | "wake" | "nudge",
  mode: "builtin" | "agent",
): Promise<void> {
  if (mode === "builtin") {
    const text = "Your heartbeat is old and there is work in flight. Do your rounds.";
    if (action === "nudge")
      await nudge(access, { to: deaconAddress, from: "deacon/boot", text, mode: "wait-idle" });
    else if (!context.noDaemon) await ensureDaemon(access.town, context.env);
    return;
  }
  const warn = (text: string) => context.out.warn(text);
  if (action === "nudge") await ask(access, deaconAddress, lifeLimits(access.town.settings()));
  else if (action === "start") await startRole(access, deaconAddress, { warn });
  else await restartRole(access, deaconAddress, { warn, why: "its heartbeat is very old" });
}
