import { GtError } from "../../core/gt-error.ts";
import { nukePolecats } from "../lifecycle/nuke-polecat.ts";
import { nudge } from "../sessions/nudge.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import { type DownReport, type DownService, townDown } from "./town-down.ts";

export interface ShutdownOptions {
  /** Says good-bye and waits so long for agents to save what they know. */
  readonly noticeMs?: number;
  /** Removes sandboxes with work at risk too; it is kept as snapshot, branch and archive first. */
  readonly nuclear?: boolean;
  /** Ends sessions and leaves the sandboxes. */
  readonly keepSandboxes?: boolean;
  readonly cwd: string;
  readonly force?: boolean;
  readonly onService?: (service: DownService) => void;
}

export interface ShutdownReport extends DownReport {
  readonly removed: readonly string[];
  /** Sandboxes that hold work, with the reason. */
  readonly keptSandboxes: readonly { readonly address: string; readonly reason: string }[];
}

/** The living sessions that a shutdown would end, for the question before it. */
export async function sessionsToEnd(access: TownAccess): Promise<readonly SessionRecord[]> {
  try {
    const host = await access.host({ start: false });
    return (await host.list()).filter((record) => record.phase !== "exited");
  } catch (error) {
    if (error instanceof GtError && error.code === "E_HOST_DOWN") return [];
    throw error;
  }
}

/** End of the day (spec/04 §7.2): everything ends, and polecat sandboxes without work at risk are removed. */
export async function townShutdown(access: TownAccess, options: ShutdownOptions): Promise<ShutdownReport> {
  if (options.noticeMs !== undefined) await giveNotice(access, options.noticeMs);
  const report = await townDown(access, {
    scope: "all",
    ...(options.force === true ? { force: true } : {}),
    ...(options.onService === undefined ? {} : { onService: options.onService }),
  });
  const removed: string[] = [];
  const keptSandboxes: { address: string; reason: string }[] = [];
  const polecats = await access.ledger.agents({ role: "polecat" });
  for (const { address, state } of options.keepSandboxes === true ? [] : polecats) {
    if (state === "nuked") continue;
    try {
      await nukePolecats(access, {
        addresses: [address],
        cwd: options.cwd,
        reason: "shutdown",
        ...(options.nuclear === true ? { force: true } : {}),
      });
      removed.push(address);
    } catch (error) {
      if (!(error instanceof GtError)) throw error;
      // Each reason begins with whose it is.
      const reasons = error.why.map((reason) => reason.replace(`${address}: `, ""));
      keptSandboxes.push({ address, reason: reasons.join("; ") || error.message });
    }
  }
  return { ...report, removed, keptSandboxes };
}

async function giveNotice(access: TownAccess, noticeMs: number): Promise<void> {
  const text = "The town goes down. Commit what you have and note where you are; your hook stays.";
  for (const record of await sessionsToEnd(access)) {
    await nudge(access, { to: record.actor, from: access.actor, text, mode: "wait-idle" }).catch(
      () => undefined,
    );
  }
  const deadline = Date.now() + noticeMs;
  while (Date.now() < deadline && (await sessionsToEnd(access)).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 500));
}
