import { forgetRestarts } from "../../../agents/lifecycle/forget-restarts.ts";
import { mayorAddress, restartMayor, startMayor } from "../../../agents/lifecycle/mayor.ts";
import type { CommandContext } from "../command.ts";
import { startWishes } from "./start-wishes.ts";

/** `gt mayor start` and `gt mayor restart` (spec/04 §7.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const access = await context.access();
  const options = { warn: (text: string) => out.warn(text), ...startWishes(context) };
  await forgetRestarts(access, mayorAddress);
  const { record, isNew } =
    context.words.at(-1) === "restart"
      ? { record: await restartMayor(access, options), isNew: true }
      : await startMayor(access, options);
  out.document({ ok: true, session: record.session, agent: record.agent, started: isNew });
  if (isNew) out.done(`the Mayor runs (${record.agent})`);
  else out.line(`the Mayor runs already (${record.agent})`);
  out.next("gt mayor attach");
}
