import { hostSnapshot } from "../../../agents/patrols/agent-health.ts";
import {
  type IdentityLock,
  identityLocks,
  isHeld,
  removeIdentityLock,
} from "../../../agents/sessions/identity-lock.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

interface Finding {
  readonly address: string;
  readonly kind: "stale" | "collision";
  readonly detail: string;
}

/** `gt agents check` and `gt agents fix` (spec/03 §5.11): identities that were taken by hand, against what runs. */
export async function run(context: CommandContext): Promise<number> {
  const { out } = context;
  const access = await context.access();
  const host = await hostSnapshot(access);
  const sessions = new Map(
    [...host.sessions.values()]
      .filter((record) => record.phase !== "exited")
      .map((record) => [record.actor, record]),
  );
  const findings = identityLocks(access.town).flatMap((lock) => judge(lock, sessions.get(lock.address)?.pid));
  const isFixing = context.words.at(-1) === "fix";
  const fixed = isFixing ? findings.filter(({ kind }) => kind === "stale") : [];
  for (const { address } of fixed) removeIdentityLock(access.town, address);
  const left = findings.filter((finding) => !fixed.includes(finding));
  out.document({ healthy: left.length === 0, findings: left, fixed: fixed.map(({ address }) => address) });
  for (const { address } of fixed) out.done(`${sanitiseLine(address)}: removed the lock of a dead process`);
  for (const { address, kind, detail } of left)
    out[kind === "collision" ? "failed" : "caution"](`${sanitiseLine(address)}: ${detail}`);
  if (left.length === 0) out.done("All agents healthy");
  else if (!isFixing) out.next("gt agents fix");
  return left.length === 0 ? 0 : 1;
}

function judge(lock: IdentityLock, sessionPid: number | undefined): readonly Finding[] {
  const { address, pid } = lock;
  if (!isHeld(lock)) return [{ address, kind: "stale", detail: `locked by process ${pid}, which has ended` }];
  if (sessionPid === undefined) return [];
  const detail = `collision: process ${pid}, started by hand, and process ${sessionPid} of its session; end one of them`;
  return [{ address, kind: "collision", detail }];
}
