import { expectCrewName, stopCrew } from "../../../agents/lifecycle/crew.ts";
import { renameAgent } from "../../../agents/lifecycle/rename-agent.ts";
import type { CommandContext } from "../command.ts";
import { existingMember } from "./crew-argument.ts";

/** `gt crew rename <old> <new>` (spec/04 §4): the session ends, everything else goes along. */
export async function run(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const access = await context.access();
  const [word = "", to = ""] = args;
  const { rig, name, address } = await existingMember(context, word);
  expectCrewName(to);
  const wasRunning = await stopCrew(access, address);
  const renamed = await renameAgent(access, { rig, role: "crew", from: name, to });
  out.document({ ok: true, from: address, to: renamed, was_running: wasRunning });
  out.done(`${address} is ${renamed} now`);
  if (wasRunning) out.next(`gt crew start ${rig.name}/${to}`);
}
