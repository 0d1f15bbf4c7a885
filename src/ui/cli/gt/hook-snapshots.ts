import { formatAge } from "../../../core/duration.ts";
import type { CommandContext } from "../command.ts";
import { agentOf } from "./agent-argument.ts";

const shown = 20;

/** `gt hook snapshots` (spec/04 §6.3). Also of a polecat whose sandbox is gone. */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const address = await agentOf(context, args[0]);
  const town = await context.town();
  const { parseAddress } = await import("../../../core/town/address.ts");
  const { listSnapshots } = await import("../../../core/git/hook-snapshots.ts");
  const parsed = parseAddress(address);
  const place = `${parsed?.role === "crew" ? "crew" : "polecats"}/${parsed?.name}`;
  const rig = town.rig(parsed?.rig ?? "");
  const repository = parsed?.role === "crew" ? `${town.root}/${address}` : rig.repository;
  const bead = flags.string("bead");
  const all = (await listSnapshots(repository, place)).filter(
    (snapshot) => bead === undefined || snapshot.bead === bead,
  );
  const snapshots = flags.boolean("all") || out.json ? all : all.slice(0, shown);
  out.document(snapshots.map((snapshot) => ({ ...snapshot, time: new Date(snapshot.time).toISOString() })));
  if (snapshots.length === 0) out.line(`no snapshots of ${address}`);
  else
    out.table(
      ["#", "AGE", "REASON", "BEAD", "BRANCH", "HEAD"],
      snapshots.map((snapshot) => [
        String(snapshot.seq),
        formatAge(Date.now() - snapshot.time),
        snapshot.reason,
        snapshot.bead,
        snapshot.branch,
        snapshot.head.slice(0, 8),
      ]),
    );
}
