import { thaw } from "../../../agents/daemon/estop.ts";
import { plural } from "./mail-text.ts";
import type { CommandContext } from "../command.ts";

/** `gt thaw` (spec/04 §7.3). */
export async function run({ access, flags, out }: CommandContext): Promise<void> {
  const rig = flags.string("rig");
  const report = await thaw(await access(), rig === undefined ? {} : { rig });
  out.document({ ok: true, scope: rig ?? "town", already: report.wasDone, sessions: report.sessions });
  if (report.wasDone) out.line("nothing was stopped");
  else
    out.done(
      `${rig ?? "the town"} goes on; on with their work: ${plural(report.sessions.length, "session")}`,
    );
}
