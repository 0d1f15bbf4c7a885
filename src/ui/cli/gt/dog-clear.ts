import { freeDog } from "../../../agents/dogs/dog-pool.ts";
import { dogAddress } from "../../../agents/dogs/dog-worktree.ts";
import { liveSession } from "../../../agents/lifecycle/agent-session.ts";
import { stopAgentSession } from "../../../agents/sessions/start-session.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";

/** `gt dog clear` (spec/04 §10.3). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const [name = ""] = context.args;
  const access = await context.access();
  const address = dogAddress(name);
  if ((await access.ledger.agent(address)) === undefined)
    throw new GtError("E_DOG_NOT_FOUND", `there is no dog ${name}`, { hint: "gt dog list" });
  if ((await liveSession(access, address)) !== undefined) {
    if (!flags.boolean("force"))
      throw new GtError("E_DOG_BUSY", `the session of the dog ${name} is running`, {
        hint: `gt dog clear ${name} --force`,
      });
    await stopAgentSession(access, address, "killed");
  }
  const isCleared = await freeDog(access, name, { result: "cleared" });
  out.document({ ok: true, dog: name, changed: isCleared });
  out.done(isCleared ? `the dog ${name} is idle` : `the dog ${name} was idle`);
}
