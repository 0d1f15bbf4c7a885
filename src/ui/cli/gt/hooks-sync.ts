import {
  cleanFile,
  type ManagedFile,
  managedFiles,
  staleFiles,
  syncFile,
} from "../../../agents/hooks/managed-files.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

type Outcome = "created" | "updated" | "unchanged" | "failed";

/** `gt hooks sync` and `gt hooks repair` (spec/03 §4.7). */
export async function run(context: CommandContext): Promise<number> {
  const { out, flags, env } = context;
  const isPlan = flags.boolean("dry-run");
  const [town, ledger] = [await context.town(), await context.ledger()];
  const isRepair = context.words.at(-1) === "repair";
  const stale = isRepair ? await staleFiles(town, ledger) : [];
  for (const file of stale) {
    await cleanFile(file);
    out.line(`✓ ${sanitiseLine(file)} (ours taken out)`);
  }
  const files = await managedFiles(town, ledger, env);
  out.line(isPlan ? "Would sync hooks:" : "Syncing hooks...");
  const outcomes: Outcome[] = [];
  for (const file of files) {
    const outcome = outcomeOf(file);
    outcomes.push(outcome);
    if (!isPlan && outcome !== "failed") await syncFile(town, file);
    const text = sanitiseLine(file.problem ?? file.file);
    if (outcome === "failed") out.error(`✗ ${sanitiseLine(file.target)}: ${text}`);
    else out.line(`${outcome === "unchanged" ? "·" : "✓"} ${text} (${outcome})`);
  }
  const repaired = isRepair ? await repairSandboxes(context) : [];
  for (const what of repaired) out.line(`✓ ${sanitiseLine(what)}`);
  const count = (outcome: Outcome): number => outcomes.filter((each) => each === outcome).length;
  const [created, updated, unchanged] = [count("created"), count("updated"), count("unchanged")];
  const failed = count("failed");
  out.document({
    targets: files.map(({ target, file }, index) => ({ target, file, outcome: outcomes[index] })),
    ...{ created, updated, unchanged, failed, cleaned: stale, repaired, dry_run: isPlan },
  });
  out.line(
    `${isPlan ? "Would sync" : "Synced"} ${files.length} targets (${created} created, ${updated} updated, ${unchanged} unchanged)`,
  );
  if (!isPlan && created + updated > 0)
    await ledger.write(await context.actor(), [
      { op: "event", event: { type: "hooks_sync", payload: { created, updated }, visibility: "audit" } },
    ]);
  return failed > 0 ? 1 : 0;
}

/** What is wrong with worktrees and their repositories is put right as by the doctor; returns what was done. */
async function repairSandboxes(context: CommandContext): Promise<readonly string[]> {
  const { runDoctor } = await import("../../../agents/doctor/doctor.ts");
  const town = await context.town();
  const results = await runDoctor(
    {
      root: town.root,
      env: context.env,
      town: () => town,
      ledger: () => context.ledger(),
      access: () => context.access(),
    },
    { mode: "fix", ids: ["git-locks", "snapshot-refs", "worktree-gitdir"], hasTown: true },
  );
  return results.filter(({ fixed }) => fixed !== "").map(({ rig, fixed }) => `${rig}: ${fixed}`);
}

function outcomeOf({ status }: ManagedFile): Outcome {
  switch (status) {
    case "missing":
      return "created";
    case "out of sync":
      return "updated";
    case "error":
      return "failed";
    default:
      return "unchanged";
  }
}
