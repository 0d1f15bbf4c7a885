import { raising } from "../../core/escalation/raise.ts";
import { isGuide } from "../../core/formulas/molecule-record.ts";
import { withLock } from "../../core/lock/lock.ts";
import type { Agent, Bead } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { tellingRole } from "../../core/mail/role-message.ts";
import { mergeRequest } from "../../core/merge/merge-request.ts";
import { openRequestsFor } from "../../core/merge/submit.ts";
import { openContexts } from "../../core/scheduler/sling-context.ts";
import { parseAddress } from "../../core/town/address.ts";
import { numberSetting } from "../../core/town/setting.ts";
import type { Rig } from "../../core/town/town.ts";
import { droppingMolecule } from "../lifecycle/attached-molecule.ts";
import { metadataText } from "../lifecycle/attachment.ts";
import { parseBranchName } from "../lifecycle/branch-name.ts";
import { beadFailure } from "../lifecycle/count-bead-failure.ts";
import { fateOfWork } from "../lifecycle/landed-work.ts";
import { openOperations } from "../lifecycle/operation-record.ts";
import type { TownAccess } from "../town-access.ts";
import { isSuperseded } from "./act-on-worker.ts";
import type { Finding } from "./finding.ts";
import { type BeadAction, decideBead, type TakenBead } from "./decide-bead.ts";
import { redispatching, redispatchLimits } from "./redispatch.ts";

const spawnBlockedLabel = "gt:spawn-blocked";

/** Looks for beads of a rig that the ledger calls taken although nobody works on them, and gives them back to the town. */
export async function patrolBeads(
  access: TownAccess,
  rig: Rig,
  report: (text: string) => void = () => undefined,
  permits: (finding: Finding) => boolean = () => true,
): Promise<number> {
  const maxRespawns = respawnLimit(access);
  let findings = 0;
  for (const seen of await observeTaken(access, rig)) {
    const wanted = decideBead(seen, maxRespawns);
    if (wanted === undefined) continue;
    const { id } = seen.bead;
    const reason = "reason" in wanted ? wanted.reason : "";
    const finding = { detection: wanted.detection, subject: id, action: wanted.kind, reason };
    if (!permits({ ...finding, bead: id, polecat: seen.bead.assignee })) continue;
    try {
      await withLock(access.town.paths.locks, `bead-${id}`, { kind: "patrol", subject: id }, async () => {
        const [taken] = await observeTaken(access, rig, id);
        const action = taken && decideBead(taken, maxRespawns);
        if (taken === undefined || action === undefined) return;
        await act(access, rig, taken, action);
        findings++;
        report(`${action.detection} ${id}: ${action.kind}`);
      });
    } catch (error) {
      if (!isSuperseded(error)) report(`${id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return findings;
}

const respawnLimit = ({ town }: TownAccess): number =>
  numberSetting(town.settings(), "operational.witness.max_bead_respawns");

async function observeTaken(access: TownAccess, rig: Rig, only?: string): Promise<readonly TakenBead[]> {
  const { ledger } = access;
  const beads = (
    await ledger.find({
      scope: rig.name,
      status: ["hooked", "in_progress"],
      ...(only === undefined ? {} : { ids: [only] }),
    })
  ).filter(
    (bead) =>
      parseAddress(bead.assignee)?.role === "polecat" && bead.type !== "merge-request" && !isGuide(bead),
  );
  if (beads.length === 0) return [];
  const operations = await openOperations(ledger);
  const busy = new Set(operations.flatMap((row) => [row.value.subject.bead, row.value.subject.agent]));
  const agents = new Map((await ledger.agents({ role: "polecat" })).map((agent) => [agent.address, agent]));
  const requests = await ledger.getMany(
    beads.map((bead) => metadataText(bead, "awaiting_merge")).filter((id) => id !== ""),
  );
  return Promise.all(
    beads.map(async (bead): Promise<TakenBead> => {
      const awaits = metadataText(bead, "awaiting_merge");
      const request = requests.get(awaits);
      const isSettled = awaits === "" || (request !== undefined && request.status !== "closed");
      const [openRequest] = isSettled ? [] : await openRequestsFor(ledger, bead.id);
      const holder = agents.get(bead.assignee);
      return {
        bead,
        awaits,
        ...(request === undefined ? {} : { request: mergeRequest(request) }),
        ...(openRequest === undefined ? {} : { openRequest }),
        ...(holder === undefined ? {} : { holder }),
        isOperating: busy.has(bead.id) || busy.has(bead.assignee),
        hasLanded: only !== undefined && holder !== undefined && (await isDone(rig, bead, holder)),
        respawns: respawnsOf(bead),
      };
    }),
  );
}

async function isDone(rig: Rig, bead: Bead, holder: Agent): Promise<boolean> {
  return parseBranchName(holder.branch)?.bead === bead.id && (await fateOfWork(rig, holder)) === "landed";
}

function respawnsOf(bead: Bead): number {
  const recovery = bead.metadata["recovery"] as { readonly respawns?: unknown } | undefined;
  return typeof recovery?.respawns === "number" ? recovery.respawns : 0;
}

async function act(access: TownAccess, rig: Rig, taken: TakenBead, action: BeadAction): Promise<void> {
  const { bead } = taken;
  const unchanged: Operation = { op: "expect", id: bead.id, expected: { rev: bead.rev } };
  switch (action.kind) {
    case "recover":
    case "block":
      return recover(access, rig, taken, action);
    case "close-landed":
      await access.ledger.write(access.actor, [
        unchanged,
        {
          op: "close",
          id: bead.id,
          close: { reason: "Landed: its commits are on their target", outcome: "success", force: true },
        },
      ]);
      return;
    case "close-merged":
      await access.ledger.write(access.actor, [
        unchanged,
        { op: "update", id: bead.id, fields: { metadata: { awaiting_merge: null } } },
        {
          op: "close",
          id: bead.id,
          close: { reason: `Merged in ${action.request}`, outcome: "success", force: true },
        },
        repaired(taken, `${action.request} had been merged`),
      ]);
      return;
    case "await-other":
      await access.ledger.write(access.actor, [
        unchanged,
        { op: "update", id: bead.id, fields: { metadata: { awaiting_merge: action.request } } },
        repaired(taken, `waits for ${action.request} now`),
      ]);
      return;
    case "reopen-rejected":
      await access.ledger.write(access.actor, [
        unchanged,
        {
          op: "update",
          id: bead.id,
          fields: {
            status: "open",
            assignee: "",
            metadata: {
              awaiting_merge: null,
              ...(action.priorBranch === "" ? {} : { prior_branch: action.priorBranch }),
            },
          },
        },
        { op: "comment", id: bead.id, text: `Open again: ${action.reason}` },
        repaired(taken, action.reason),
      ]);
  }
}

function repaired(taken: TakenBead, what: string): Operation {
  return {
    op: "event",
    event: {
      type: "awaiting_merge_repaired",
      payload: { bead: taken.bead.id, agent: taken.bead.assignee, rig: taken.bead.scope, what },
      source: "daemon",
    },
  };
}

function hookRepaired({ bead }: TakenBead, what: string): Operation {
  return {
    op: "event",
    event: {
      type: "hook_repaired",
      payload: { agent: bead.assignee, bead: bead.id, rig: bead.scope, what },
      source: "daemon",
    },
  };
}

/** Spec/04 §9.3. The work that was done so far stays on its branch, and the next attempt starts there. */
async function recover(
  access: TownAccess,
  rig: Rig,
  taken: TakenBead,
  action: Extract<BeadAction, { readonly kind: "recover" | "block" }>,
): Promise<void> {
  const { bead, holder } = taken;
  const respawns = taken.respawns + 1;
  const maxRespawns = respawnLimit(access);
  const branch = holder?.branch.includes(bead.id) === true ? holder.branch : "";
  const { contexts } = await openContexts(access.ledger, bead.id);
  const isQueued = contexts.length > 0 || action.kind === "block";
  const again = isQueued
    ? { operations: [], recovery: {} }
    : await redispatching(access, rig, bead, redispatchLimits(access.town.settings()));
  await access.ledger.write(access.actor, [
    { op: "expect", id: bead.id, expected: { rev: bead.rev } },
    {
      op: "update",
      id: bead.id,
      fields: {
        status: "open",
        assignee: "",
        metadata: {
          recovery: { respawns, last_agent: bead.assignee, last_reason: action.reason, ...again.recovery },
          ...(branch === "" ? {} : { prior_branch: branch }),
        },
      },
    },
    // W13.
    ...(await droppingMolecule(access.ledger, bead, "recovered")),
    { op: "comment", id: bead.id, text: `Recovered: ${action.reason}` },
    ...(action.kind === "block"
      ? await blocked(access, bead, respawns)
      : [...recovered(access, bead, respawns, maxRespawns), ...again.operations]),
    // A hook that was put right is nobody's failure.
    ...(action.detection === "W14"
      ? [hookRepaired(taken, action.reason)]
      : await beadFailure(access, bead.id, action.reason)),
  ]);
}

/** The bead is queued in the same batch; the Deacon is told why (spec/04 §9.3). */
function recovered(
  access: TownAccess,
  bead: Bead,
  respawns: number,
  maxRespawns: number,
): readonly Operation[] {
  const isStorm = respawns >= maxRespawns;
  const name = `RECOVERED_BEAD ${bead.id}`;
  return [
    {
      op: "event",
      event: {
        type: "bead_recovered",
        payload: { bead: bead.id, polecat: bead.assignee, respawns, rig: bead.scope },
        source: "daemon",
      },
    },
    ...tellingRole(access, {
      ...{ from: `${bead.scope}/witness`, to: "deacon/", rig: bead.scope, source: "daemon" },
      subject: isStorm ? `SPAWN_STORM ${name} (${respawns}x)` : name,
      values: {
        ...{ Bead: bead.id, Polecat: bead.assignee },
        ...{ "Previous Status": bead.status, "Respawn Count": respawns },
      },
      priority: isStorm ? 0 : 1,
    }),
  ];
}

async function blocked(access: TownAccess, bead: Bead, respawns: number): Promise<readonly Operation[]> {
  const payload = { bead: bead.id, respawns, rig: bead.scope };
  const raised = await raising(access, {
    title: `${bead.id} failed ${respawns} times and is not dispatched any more`,
    reason: `Once the cause is gone: gt sling respawn-reset ${bead.id}`,
    severity: "high",
    by: access.actor,
    source: `witness:spawn_blocked:${bead.id}`,
    related: bead.id,
    same: "source",
    protocol: {
      subject: `SPAWN_BLOCKED ${bead.id}`,
      values: { Bead: bead.id, Polecat: bead.assignee, "Previous Status": bead.status, Count: respawns },
      priority: 0,
    },
    event: { ...payload, target: bead.id },
    eventSource: "daemon",
  });
  return [
    { op: "addLabel", id: bead.id, label: spawnBlockedLabel },
    { op: "event", event: { type: "spawn_blocked", payload, source: "daemon" } },
    ...raised.operations,
  ];
}
