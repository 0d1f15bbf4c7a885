import { estop } from "../../../agents/daemon/estop.ts";
import { plural } from "./mail-text.ts";
import type { CommandContext } from "../command.ts";

/** `gt estop` (spec/04 §7.3). */
export async function run({ access, flags, out }: CommandContext): Promise<void> {
  const rig = flags.string("rig");
  const report = await estop(await access(), {
    reason: flags.string("reason") ?? "",
    ...(rig === undefined ? {} : { rig }),
  });
  out.document({
    ok: true,
    scope: rig ?? "town",
    already: report.wasDone,
    sessions: report.sessions,
    unsaved: report.unsaved,
  });
  if (report.wasDone) out.line(`${rig ?? "the town"} is stopped already`);
  else out.line(`🛑 ${rig ?? "the town"} is stopped; frozen: ${plural(report.sessions.length, "session")}`);
  for (const address of report.unsaved) out.warn(`the files of ${address} could not be kept as a snapshot`);
  out.next(`gt thaw${rig === undefined ? "" : ` --rig ${rig}`} lets them go on`);
}
