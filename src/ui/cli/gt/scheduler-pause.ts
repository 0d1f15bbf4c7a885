import { pauseScheduler, readPause, resumeScheduler } from "../../../core/scheduler/pause.ts";
import type { CommandContext } from "../command.ts";

/** `gt scheduler pause` and `resume` (spec/05 §9.5): repeating either changes nothing. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const { ledger, actor, clock } = await context.access();
  const isPaused = (await readPause(ledger)) !== undefined;
  const wantsPause = context.words.at(-1) === "pause";
  if (wantsPause && !isPaused)
    await ledger.write(
      actor,
      pauseScheduler({ by: actor, at: clock.now(), reason: flags.string("reason") ?? "" }),
    );
  if (!wantsPause && isPaused) await ledger.write(actor, resumeScheduler());
  out.document({ ok: true, paused: wantsPause, already: wantsPause === isPaused });
  if (wantsPause === isPaused) out.line(wantsPause ? "already paused" : "not paused");
  else
    out.done(
      wantsPause ? "nothing queued is started until gt scheduler resume" : "queued work is started again",
    );
}
