import { setTimeout as pause } from "node:timers/promises";
import { ensureDaemon } from "../../../agents/daemon/daemon-control.ts";
import { wakeCall } from "../../../agents/daemon/wake-call.ts";
import { freeDog } from "../../../agents/dogs/dog-pool.ts";
import { readDog } from "../../../agents/dogs/dog-record.ts";
import { dogAddress } from "../../../agents/dogs/dog-worktree.ts";
import { GtError } from "../../../core/gt-error.ts";
import { parseAddress } from "../../../core/town/address.ts";
import { durationSetting } from "../../../core/town/setting.ts";
import type { CommandContext } from "../command.ts";

/** `gt dog done` (spec/04 §10.3): what is still on its hook is anyone's again. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags, env } = context;
  const access = await context.access();
  const caller = parseAddress(access.actor);
  const name = context.args[0] ?? (caller?.role === "dog" ? caller.name : undefined);
  if (name === undefined)
    throw new GtError("E_NOT_DOG", "you are no dog: name the one that is done", { hint: "gt dog list" });
  const work = (await readDog(access.ledger, name))?.job?.work;
  const isFreed = await freeDog(access, name, { result: flags.boolean("failed") ? "failed" : "done" });
  out.document({ ok: true, dog: name, work: work ?? null, changed: isFreed });
  if (isFreed) out.done(`the dog ${name} is idle`);
  else out.line(`the dog ${name} has nothing to do`);
  // Whether its plugin succeeded is noted by the daemon.
  await access.ledger.write(access.actor, [wakeCall("deacon/", { at: access.clock.now() })]);
  if (!context.noDaemon) await ensureDaemon(access.town, env).catch(() => undefined);
  if (caller?.role !== "dog" || caller.name !== name || !env["GT_SESSION"]) return;
  const graceMs = durationSetting(access.town.settings(), "operational.session.end_grace");
  out.line(`session ends in ${Math.round(graceMs / 1000)}s`);
  await pause(graceMs);
  const { stopAgentSession } = await import("../../../agents/sessions/start-session.ts");
  const runId = env["GT_RUN"];
  // This very process is part of the session: nothing behind this line can be relied on.
  await stopAgentSession(access, dogAddress(name), "done", runId === undefined ? {} : { runId });
}
