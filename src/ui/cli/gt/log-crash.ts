import { appendEvents } from "../../../core/events/event-log.ts";
import { usageError } from "../../../core/gt-error.ts";
import { formatAddress } from "../../../core/town/address.ts";
import { sessionName } from "../../../core/town/agent-names.ts";
import type { CommandContext } from "../command.ts";
import { addressOf } from "./agent-argument.ts";

/** `gt log crash`: an exit that a hook outside of us has seen (spec/06 §13.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const given = flags.string("agent");
  if (given === undefined)
    throw usageError("--agent is required", { hint: "gt log crash --agent web/polecats/nux --exit-code 1" });
  const town = await context.town();
  const address = await addressOf(context, given);
  const agent = formatAddress(address);
  if (address.role === "overseer") throw usageError("the overseer has no session");
  const rig = address.rig === "" ? undefined : town.rig(address.rig);
  const session = flags.string("session") ?? sessionName(address, rig);
  const exitCode = flags.integer("exit-code") ?? 1;
  const caller = await context.actor();
  const type = exitCode === 0 ? "session_end" : exitCode === 130 ? "kill" : "session_death";
  const reason = exitCode === 130 ? "interrupted" : `exit code ${exitCode}`;
  appendEvents(town.paths.events, [
    {
      ts: new Date().toISOString(),
      source: "gt",
      type,
      actor: agent,
      payload: {
        session,
        agent,
        exit_code: exitCode,
        reason,
        caller,
        ...(type === "kill" ? { target: agent } : {}),
        ...(rig === undefined ? {} : { rig: rig.name }),
      },
      visibility: "feed",
    },
  ]);
  out.done(`${type} of ${agent} recorded`);
}
