import { ensureDaemon } from "../../../agents/daemon/daemon-control.ts";
import { forgetRestarts } from "../../../agents/lifecycle/forget-restarts.ts";
import { startRole, stopRole } from "../../../agents/lifecycle/role-session.ts";
import { wakeCall } from "../../../agents/daemon/wake-call.ts";
import { isSwitchedOff, switchRole } from "../../../agents/patrols/role-switch.ts";
import { expectOperational } from "../../../agents/lifecycle/rig-admission.ts";
import type { Target } from "../../../agents/sessions/find-target.ts";
import { isBuiltIn } from "../../../agents/sessions/nudge.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import type { CommandContext } from "../command.ts";
import { seeToDaemon } from "../keep-watched.ts";
import { roleTarget } from "./role-target.ts";

/** `gt deacon start|stop|restart`, `gt witness start|stop|restart` (spec/04 §7.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const verb = context.words.at(-1) ?? "";
  const target = await roleTarget(context);
  const access = await context.access();
  const { actor: address } = target;
  if (isBuiltIn(access.town, target)) return switchLoop(context, access, target, verb);
  if (verb === "stop") {
    await access.ledger.write(access.actor, [switchRole(address, true)]);
    const wasRunning = await stopRole(access, address);
    out.document({ ok: true, address, mode: "agent", stopped: wasRunning });
    out.done(wasRunning ? `${address} is stopped` : `${address} was not running and stays so`);
    return;
  }
  if (target.address.rig !== "")
    await expectOperational(access.ledger, access.town, access.town.rig(target.address.rig));
  await access.ledger.write(access.actor, [switchRole(address, false)]);
  await forgetRestarts(access, address);
  if (verb === "restart") await stopRole(access, address);
  const agent = flags.string("agent");
  const warn = (text: string) => out.warn(text);
  const record = await startRole(access, address, { warn, ...(agent === undefined ? {} : { agent }) });
  out.document({ ok: true, address, mode: "agent", session: record.session, agent: record.agent });
  out.done(`${address} runs (${record.agent})`);
  out.next(`gt attach ${address}`);
  await seeToDaemon(context);
}

/** A builtin role is a loop of the daemon: it rests until it is started again, or looks anew at once. */
async function switchLoop(
  context: CommandContext,
  access: TownAccess,
  { actor: address, address: { role, rig } }: Target,
  verb: string,
): Promise<void> {
  const { out } = context;
  const wasOff = await isSwitchedOff(access, address);
  const words = `gt ${role} start${rig === "" ? "" : ` ${rig}`}`;
  if (verb === "stop") {
    if (!wasOff) await access.ledger.write(access.actor, [switchRole(address, true)]);
    out.document({ ok: true, address, mode: "builtin", running: false, changed: !wasOff });
    if (wasOff) out.line(`the loop of ${address} is stopped already`);
    else out.done(`the loop of ${address} is stopped`);
    out.next(words);
    return;
  }
  if (rig !== "") await expectOperational(access.ledger, access.town, access.town.rig(rig));
  await access.ledger.write(access.actor, [
    ...(wasOff ? [switchRole(address, false)] : []),
    wakeCall(address, { at: access.clock.now() }),
  ]);
  const daemon = context.noDaemon ? { kind: "forbidden" } : await ensureDaemon(access.town, context.env);
  out.document({ ok: true, address, mode: "builtin", daemon: daemon.kind, changed: wasOff });
  if (daemon.kind === "down") out.warn("the town is down: gt up");
  else if (verb === "start" && !wasOff) out.line(`${address} runs already, inside the daemon`);
  else out.done(`${address} looks anew, inside the daemon`);
}
