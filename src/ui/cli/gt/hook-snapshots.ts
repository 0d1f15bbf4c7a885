import type { SnapshotChanges } from "../../../core/git/hook-snapshots.ts";
import type { HookSnapshot } from "../../../core/git/list-snapshots.ts";
import { formatAge } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { agentOf } from "./agent-argument.ts";

const shown = 20;
/** Gits at once; an agent may have two hundred snapshots. */
const atOnce = 8;

/** `gt hook snapshots` (spec/04 §6.3). Also of a polecat whose sandbox is gone. */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const address = await agentOf(context, args[0]);
  const town = await context.town();
  const { snapshotHome } = await import("../../../agents/lifecycle/prune-snapshots.ts");
  const { describeChanges } = await import("../../../core/git/hook-snapshots.ts");
  const { listSnapshots } = await import("../../../core/git/list-snapshots.ts");
  const { repository, place } = snapshotHome(town, address);
  const bead = flags.string("bead");
  const all = (await listSnapshots(repository, place)).filter(
    (snapshot) => bead === undefined || snapshot.bead === bead,
  );
  const chosen = flags.boolean("all") || out.json ? all : all.slice(0, shown);
  const snapshots: (HookSnapshot & SnapshotChanges)[] = [];
  for (let at = 0; at < chosen.length; at += atOnce)
    snapshots.push(
      ...(await Promise.all(
        chosen.slice(at, at + atOnce).map(async (snapshot) => ({
          ...snapshot,
          ...(await describeChanges(repository, snapshot)),
        })),
      )),
    );
  out.document(snapshots.map((snapshot) => ({ ...snapshot, time: new Date(snapshot.time).toISOString() })));
  if (snapshots.length === 0) out.line(`no snapshots of ${address}`);
  else
    out.table(
      ["#", "AGE", "REASON", "BEAD", "BRANCH", "HEAD", "FILES", "LINES"],
      snapshots.map((snapshot) => [
        String(snapshot.seq),
        formatAge(Date.now() - snapshot.time),
        snapshot.note === "" ? snapshot.reason : `${snapshot.reason}: ${sanitiseLine(snapshot.note)}`,
        snapshot.bead,
        snapshot.branch,
        snapshot.head.slice(0, 8),
        String(snapshot.files),
        `+${snapshot.insertions} -${snapshot.deletions}`,
      ]),
    );
}
