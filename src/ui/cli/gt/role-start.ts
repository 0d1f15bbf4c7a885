import { ensureDaemon } from "../../../agents/daemon/daemon-control.ts";
import { startRole, stopRole } from "../../../agents/lifecycle/role-session.ts";
import { switchRole } from "../../../agents/patrols/keep-roles.ts";
import { expectOperational } from "../../../agents/lifecycle/rig-admission.ts";
import { isBuiltIn } from "../../../agents/sessions/nudge.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { roleTarget } from "./role-target.ts";

/** `gt deacon start|stop|restart`, `gt witness start|stop|restart` (spec/04 §7.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const verb = context.words.at(-1) ?? "";
  const target = await roleTarget(context);
  const access = await context.access();
  const { actor: address } = target;
  if (isBuiltIn(access.town, target)) {
    if (verb === "stop")
      throw new GtError(
        "E_BUILTIN_TARGET",
        `${address} is code inside the daemon and has no session to stop`,
        {
          hint: target.address.role === "deacon" ? "gt deacon pause" : `gt rig park ${target.address.rig}`,
        },
      );
    const outcome = context.noDaemon ? { kind: "forbidden" } : await ensureDaemon(access.town, context.env);
    out.document({ ok: true, address, mode: "builtin", daemon: outcome.kind });
    if (outcome.kind === "down") out.warn("the town is down: gt up");
    else out.done(`${address} runs inside the daemon`);
    return;
  }
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
  if (verb === "restart") await stopRole(access, address);
  const agent = flags.string("agent");
  const warn = (text: string) => out.warn(text);
  const record = await startRole(access, address, { warn, ...(agent === undefined ? {} : { agent }) });
  out.document({ ok: true, address, mode: "agent", session: record.session, agent: record.agent });
  out.done(`${address} runs (${record.agent})`);
  out.next(`gt attach ${address}`);
}
