import { pauseDeacon, readDeaconPause, resumeDeacon } from "../../../agents/daemon/deacon-pause.ts";
import type { CommandContext } from "../command.ts";

/** `gt deacon pause` and `gt deacon resume` (spec/04 §10.1). Work in flight goes on. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const town = await context.town();
  if (context.words.at(-1) === "resume") {
    const wasPaused = resumeDeacon(town);
    out.document({ ok: true, paused: false, changed: wasPaused });
    out.done(wasPaused ? "the deacon goes on" : "the deacon was not paused");
    return;
  }
  const isNew = readDeaconPause(town) === undefined;
  await pauseDeacon(town, await context.actor(), flags.string("reason") ?? "", Date.now());
  out.document({ ok: true, paused: true, changed: isNew });
  out.done("the deacon is paused: no convoy is fed, no chore begins");
  out.next("gt deacon resume");
}
