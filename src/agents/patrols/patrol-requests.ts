import { raising } from "../../core/escalation/raise.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { openRequests, type WaitingRequest } from "../../core/merge/open-requests.ts";
import { refinerySwitch } from "../../core/merge/refinery-switch.ts";
import type { Rig } from "../../core/town/town.ts";
import { nudge } from "../sessions/nudge.ts";
import type { TownAccess } from "../town-access.ts";
import type { Finding } from "./finding.ts";
import { decideRequest, type RequestMemory } from "./decide-request.ts";
import { patrolTable } from "./worker-memory.ts";

const keyOf = (rig: string, request: string): string => `request:${rig}:${request}`;

/** W22: merge requests of the rig that nobody works on. A queue that a person has stopped is left alone. */
export async function patrolRequests(
  access: TownAccess,
  rig: Rig,
  report: (text: string) => void = () => undefined,
  permits: (finding: Finding) => boolean = () => true,
): Promise<number> {
  const { ledger, clock } = access;
  const rows = await ledger.rows<RequestMemory>(patrolTable, { prefix: keyOf(rig.name, "") });
  const requests = await openRequests(ledger, rig);
  const open = new Set(requests.map(({ mr }) => keyOf(rig.name, mr.id)));
  const forgotten = rows.filter((row) => !open.has(row.key));
  if (forgotten.length > 0)
    await ledger.write(
      access.actor,
      forgotten.map(({ key }) => ({ op: "deleteRow", table: patrolTable, key })),
    );
  if (requests.length === 0 || (await refinerySwitch(ledger, rig.name)).isOff) return 0;
  const memories = new Map(rows.map((row) => [row.key, row.value]));
  let findings = 0;
  for (const request of requests) {
    const memory = memories.get(keyOf(rig.name, request.mr.id)) ?? {};
    const action = decideRequest(request, memory, clock.now());
    if (action === undefined) continue;
    if (!permits({ detection: "W22", subject: request.mr.id, action, reason: "it waits" })) continue;
    await act(access, rig, request, memory, action);
    findings++;
    report(`W22 ${request.mr.id}: ${action}`);
  }
  return findings;
}

async function act(
  access: TownAccess,
  rig: Rig,
  { mr }: WaitingRequest,
  memory: RequestMemory,
  action: "wake" | "escalate",
): Promise<void> {
  const now = access.clock.now();
  const minutes = Math.floor((now - mr.updatedAt) / 60_000);
  const remember = (value: RequestMemory): Operation => ({
    op: "putRow",
    table: patrolTable,
    key: keyOf(rig.name, mr.id),
    value: { ...memory, ...value },
  });
  const event: Operation = {
    op: "event",
    event: { type: "stale_mr", payload: { mr: mr.id, rig: rig.name, minutes }, source: "daemon" },
  };
  if (action === "wake") {
    await access.ledger.write(access.actor, [remember({ wokenAt: now }), event]);
    await nudge(access, {
      to: `${rig.name}/refinery`,
      from: `${rig.name}/witness`,
      text: `${mr.id} has waited for ${minutes} minutes.`,
      mode: "wait-idle",
    });
    return;
  }
  const raised = await raising(access, {
    title: `${mr.id} is ready to merge but has waited for ${minutes} minutes`,
    reason: `Branch ${mr.branch}. Look: gt mq status ${mr.id}`,
    severity: "medium",
    by: access.actor,
    source: `witness:stale_mr:${mr.id}`,
    related: mr.id,
    same: "source",
    event: { target: mr.id, rig: rig.name },
    eventSource: "daemon",
  });
  await access.ledger.write(access.actor, [remember({ escalatedAt: now }), event, ...raised.operations]);
}
