import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { collectPolecatBranches } from "../../lifecycle/polecat-branches.ts";
import { readPatrols } from "../../../core/town/patrol-settings.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";
import { isRigAtWork } from "../rig-at-work.ts";
import { lastDone, noteDone } from "./last-done.ts";

const everyMs = 3_600_000;

/**
 * D15: local polecat branches whose commits are safe elsewhere go, once an hour (spec/04 §8.3). A repository that looks as
 * it did the last time is not asked: that would cost processes in a town at rest.
 */
export function branchesDuty(context: DaemonContext): Duty {
  return {
    key: "branches",
    timeoutMs: 10 * 60_000,
    run: async (signal) => {
      const { ledger, clock, town, actor, log } = context;
      const { intervalMs = everyMs } = readPatrols(town)("branches");
      for (const rig of town.rigs()) {
        if (signal.aborted) return;
        const chore = `branches/${rig.name}`;
        const last = await lastDone(ledger, chore);
        // A town that has just started has other worries.
        if (last === undefined) await noteDone(ledger, actor, chore, { at: clock.now() });
        if (last === undefined || clock.now() - last.at < intervalMs) continue;
        const mark = markOfRefs(rig.repository);
        if (mark === undefined || mark === last?.mark || !(await isRigAtWork(context, rig))) continue;
        const { deleted } = await collectPolecatBranches(context, rig, { dryRun: false });
        for (const { branch, fate } of deleted) log.info(`branches ${rig.name}: removed ${branch} (${fate})`);
        await noteDone(ledger, actor, chore, { at: clock.now(), mark: markOfRefs(rig.repository) ?? mark });
      }
    },
  };
}

/** Changes whenever a branch comes, goes or moves. Undefined without a repository. */
function markOfRefs(repository: string): string | undefined {
  if (statSync(repository, { throwIfNoEntry: false }) === undefined) return undefined;
  const hash = createHash("sha256");
  for (const place of ["packed-refs", "refs/heads", "refs/remotes"]) {
    const path = join(repository, place);
    const entry = statSync(path, { throwIfNoEntry: false });
    if (entry === undefined) continue;
    const files = entry.isDirectory() ? readdirSync(path, { recursive: true, encoding: "utf8" }) : [""];
    for (const file of files.sort())
      hash.update(
        `${place}/${file} ${statSync(join(path, file), { throwIfNoEntry: false })?.mtimeMs ?? 0}\n`,
      );
  }
  return hash.digest("hex");
}
