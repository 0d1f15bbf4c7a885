import type { Bead } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadEvent } from "./bead-event.ts";
import { beadJson } from "./bead-json.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

interface EpicState {
  readonly epic: Bead;
  readonly total: number;
  readonly closed: number;
  readonly isEligible: boolean;
}

/** `bd epic status` (spec/01 §10.4). */
export async function status(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const all = await epicStates(workspace);
  const states = flags.boolean("eligible-only") ? all.filter((state) => state.isEligible) : all;
  out.document(
    states.map(({ epic, total, closed, isEligible }) => ({
      epic: beadJson(epic),
      total_children: total,
      closed_children: closed,
      eligible_for_close: isEligible,
    })),
  );
  if (states.length === 0) out.line("No open epics");
  for (const { epic, total, closed, isEligible } of states) {
    const percent = total === 0 ? 0 : Math.round((closed / total) * 100);
    const note = isEligible ? " → can be closed" : "";
    out.line(`◐ ${epic.id} ${sanitiseLine(epic.title)}: ${closed}/${total} (${percent}%)${note}`);
  }
}

/** `bd epic close-eligible`. */
export async function closeEligible(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const eligible = (await epicStates(workspace)).filter((state) => state.isEligible);
  const isDry = flags.boolean("dry-run");
  for (const { epic } of isDry ? [] : eligible) {
    await workspace.write([
      { op: "close", id: epic.id, close: { reason: "all children closed", outcome: "success" } },
      ...beadEvent(epic, "complete", { bead: epic.id, title: epic.title }),
    ]);
  }
  const ids = eligible.map((state) => state.epic.id);
  out.document({ closed: ids, count: ids.length, ...(isDry ? { dry_run: true } : {}) });
  if (ids.length === 0) out.line("No epics are eligible for closing");
  else if (!out.json)
    out.done(`${isDry ? "Would close" : "Closed"} ${ids.length} epic(s): ${ids.join(", ")}`);
}

export async function epicStates({ ledger, readScope }: Workspace): Promise<readonly EpicState[]> {
  const scope = readScope === undefined ? {} : { scope: readScope };
  const epics = await ledger.find({ type: "epic", notStatus: "closed", template: false, ...scope });
  return Promise.all(
    epics.map(async (epic) => {
      const total = await ledger.count({ parent: epic.id });
      const closed = total === 0 ? 0 : await ledger.count({ parent: epic.id, status: "closed" });
      return { epic, total, closed, isEligible: total > 0 && closed === total };
    }),
  );
}
