import { type Target, targetOf } from "../../../agents/sessions/find-target.ts";
import type { CommandContext } from "../command.ts";
import { chooseRig } from "./mq-rig.ts";

/** The agent that `gt mayor`, `gt deacon`, `gt boot` or `gt witness [rig]` is about. */
export async function roleTarget(context: CommandContext): Promise<Target> {
  const town = await context.town();
  const [role] = context.words;
  if (role === "mayor" || role === "deacon" || role === "boot")
    return targetOf({ role, rig: "", name: "" }, town);
  const rig = await chooseRig(context, context.args[0]);
  return targetOf({ role: "witness", rig: rig.name, name: "" }, town);
}
