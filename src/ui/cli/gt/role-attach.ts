import { isBuiltIn } from "../../../agents/sessions/nudge.ts";
import type { CommandContext } from "../command.ts";
import { run as attach } from "./attach.ts";
import { showLoop } from "./role-status.ts";
import { roleTarget } from "./role-target.ts";

/** `gt deacon attach`, `gt boot attach`, `gt witness attach` (spec/04 §7.2). */
export async function run(context: CommandContext): Promise<number> {
  const target = await roleTarget(context);
  const town = await context.town();
  if (!isBuiltIn(town, target)) return attach({ ...context, args: [target.actor] });
  context.out.line(`${target.actor} runs inside the daemon and has no session to attach to.`);
  await showLoop(context, town, target);
  return 0;
}
