import { forgetRestarts } from "../../../agents/lifecycle/forget-restarts.ts";
import { mayorAddress, startMayor } from "../../../agents/lifecycle/mayor.ts";
import type { CommandContext } from "../command.ts";
import { seeToDaemon } from "../keep-watched.ts";
import { expectTerminal, run as attach } from "./attach.ts";
import { startWishes } from "./start-wishes.ts";

/** `gt mayor attach` (spec/03 §5.11): whoever types it wants to talk, so that a missing session is started. */
export async function run(context: CommandContext): Promise<number> {
  const { out } = context;
  expectTerminal(context, "mayor");
  const wishes = startWishes(context);
  const { agent } = wishes;
  const access = await context.access();
  await forgetRestarts(access, mayorAddress);
  const { isNew, record } = await startMayor(access, {
    warn: (text) => out.warn(text),
    ...wishes,
  });
  if (!isNew && agent !== undefined && agent !== record.agent)
    out.warn(`the Mayor runs already as ${record.agent}; gt mayor restart --agent ${agent} changes it`);
  if (isNew) await seeToDaemon(context);
  return attach({ ...context, args: [mayorAddress] });
}
