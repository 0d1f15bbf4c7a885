import { isDeepStrictEqual } from "node:util";
import { mountainLabel, finishedLabel } from "../../core/convoys/convoy.ts";
import { type ConvoySnapshot, readConvoys } from "../../core/convoys/convoy-snapshot.ts";
import {
  type ConvoyStanding,
  convoyStanding,
  type ReadinessContext,
} from "../../core/convoys/convoy-state.ts";
import { convoyAudience, convoyMail } from "../../core/convoys/landing-notice.ts";
import { failuresOf } from "../../core/convoys/mountain.ts";
import { type AuditContext, auditMountain, isSkipped } from "../../core/convoys/mountain-audit.ts";
import { judgeWanted } from "../../core/convoys/mountain-judge.ts";
import type { MountainMemory } from "../../core/convoys/mountain-memory.ts";
import { beadActions } from "../../core/convoys/mountain-rules.ts";
import { formatSpan } from "../../core/duration.ts";
import type { BeadId } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { durationSetting, textSetting } from "../../core/town/setting.ts";
import type { TownAccess } from "../town-access.ts";
import { applyBeadActions } from "./apply-bead-actions.ts";
import { freeTroubled } from "./free-troubled.ts";
import { sendJudge } from "./send-judge.ts";
import { type TroubledWorker, troubledWorkers } from "./troubled-workers.ts";

const table = "mountains";
/** How long the Witness has a worker in trouble for itself (spec/05 §8.3 B2). */
const leftToWitnessMs = 30 * 60_000;

/**
 * Looks at every open mountain: single beads are helped on or asked about, and what stands still or can get no further is
 * reported once (spec/05 §8.3, §8.4). Returns when to look again, in milliseconds from now.
 */
export async function auditMountains(
  access: TownAccess,
  readiness: ReadinessContext,
): Promise<number | undefined> {
  const { ledger, clock, town } = access;
  const mountains = await ledger.find({ type: "convoy", status: "open", labels: [mountainLabel] });
  if (mountains.length === 0) return undefined;
  const now = clock.now();
  const stallAfterMs = durationSetting(town.settings(), "mountain.stall_after");
  const snapshots = await readConvoys(ledger, { convoys: mountains });
  const agents = await ledger.agents({ role: "polecat" });
  const troubled = await troubledWorkers(access, agents, new Set(snapshots.flatMap(beadsOf)));
  const inHand = new Set([...agents.map((agent) => agent.hookBead), ...(readiness.queued ?? [])]);
  const context = {
    now,
    stallAfterMs,
    isDispatchPaused: readiness.isPaused === true,
    progressing: new Set(
      agents
        .filter((agent) => now - (agent.lastProgressAt ?? 0) < stallAfterMs)
        .map((agent) => agent.address),
    ),
  };
  for (const snapshot of snapshots) {
    const ours = new Set(beadsOf(snapshot));
    await audit(access, snapshot, {
      ...{ ...context, inHand, readiness },
      troubled: troubled.filter(({ bead }) => ours.has(bead)),
      isJudged: textSetting(town.settings(), "mountain.judge") === "agent",
    });
  }
  return durationSetting(town.settings(), "mountain.audit_interval");
}

interface AuditInput extends AuditContext {
  readonly readiness: ReadinessContext;
  readonly inHand: ReadonlySet<BeadId>;
  readonly troubled: readonly TroubledWorker[];
  /** `mountain.judge=agent`. */
  readonly isJudged: boolean;
}

async function audit(access: TownAccess, snapshot: ConvoySnapshot, input: AuditInput): Promise<void> {
  const { ledger } = access;
  const { now, readiness, inHand } = input;
  const { id } = snapshot.convoy;
  const before = (await ledger.row<MountainMemory>(table, id))?.value;
  const standing = convoyStanding(snapshot, readiness);
  const { verdict, memory: seen } = auditMountain(snapshot, standing, before, input);
  const ill = input.troubled.map((worker) => ({ ...worker, since: before?.troubled?.[worker.mark] ?? now }));
  const given = new Map(
    ill.filter(({ since }) => now - since >= leftToWitnessMs).map((each) => [each.bead, each]),
  );
  const actions = beadActions(snapshot, standing, { inHand, given: new Set(given.keys()) });
  const told = actions.flatMap((action) => ("key" in action ? [action.key] : []));
  const judge = input.isJudged ? judgeWanted(verdict, before?.judge, now) : { memory: undefined };
  const memory: MountainMemory = {
    ...{ seen: seen.seen, since: seen.since, reportedAt: seen.reportedAt },
    ...(told.length === 0 ? {} : { told: [...new Set(told)] }),
    ...(ill.length === 0
      ? {}
      : { troubled: Object.fromEntries(ill.map(({ mark, since }) => [mark, since])) }),
    ...(judge.memory === undefined ? {} : { judge: judge.memory }),
  };
  const operations: Operation[] = [
    ...(await applyBeadActions(access, snapshot, actions, before?.told ?? [])),
  ];
  if (verdict === "moving-again") operations.push({ op: "removeLabel", id, label: finishedLabel });
  if (verdict === "finished") operations.push(...finished(access, snapshot, standing));
  if (verdict === "stalled") operations.push(...stalled(access, snapshot, standing, now - memory.since));
  const keep = (value: MountainMemory): Operation => ({ op: "putRow", table, key: id, value });
  if (!isSame(before, memory) || operations.length > 0)
    await ledger.write(access.actor, [keep(memory), ...operations]);
  for (const action of actions) {
    const worker = action.do === "free" ? given.get(action.bead) : undefined;
    if (worker !== undefined) await freeTroubled(access, worker);
  }
  if (judge.send !== undefined)
    await sendJudge(access, snapshot, judge.send, keep({ ...memory, judge: { at: now } }));
}

const beadsOf = ({ tracked }: ConvoySnapshot): readonly BeadId[] => tracked.map(({ bead }) => bead.id);

/** Progress of workers is kept in their own rows: a mountain that moves is not written at every look. */
function isSame(before: MountainMemory | undefined, { since: _since, ...after }: MountainMemory): boolean {
  if (before === undefined) return false;
  const { since: _sinceBefore, ...rest } = before;
  return isDeepStrictEqual(rest, after);
}

function finished(
  access: TownAccess,
  snapshot: ConvoySnapshot,
  standing: ConvoyStanding,
): readonly Operation[] {
  const { convoy, tracked } = snapshot;
  const skipped = tracked.filter(isSkipped).length;
  const result = `${standing.done}/${standing.total} closed, ${skipped} skipped`;
  return [
    { op: "addLabel", id: convoy.id, label: finishedLabel },
    {
      op: "event",
      event: {
        type: "mountain_finished",
        payload: { convoy: convoy.id, closed: standing.done, skipped, total: standing.total },
      },
    },
    ...report(access, snapshot, `Mountain complete: ${nameOf(snapshot)}`, [
      `Result: ${result}`,
      `Elapsed: ${formatSpan(access.clock.now() - convoy.createdAt)}`,
      ...situation(snapshot, standing),
    ]),
  ];
}

function stalled(
  access: TownAccess,
  snapshot: ConvoySnapshot,
  standing: ConvoyStanding,
  forMs: number,
): readonly Operation[] {
  const { id } = snapshot.convoy;
  return [
    {
      op: "event",
      event: { type: "mountain_stalled", payload: { convoy: id, reasons: standing.reasons.join("; ") } },
    },
    ...report(access, snapshot, `Mountain stalled: ${nameOf(snapshot)}`, [
      `Convoy: ${id}`,
      `Progress: ${standing.done}/${standing.total} (${Math.round((100 * standing.done) / Math.max(1, standing.total))} %)`,
      `Stalled for: ${formatSpan(forMs)}`,
      ...situation(snapshot, standing),
    ]),
  ];
}

function situation({ tracked }: ConvoySnapshot, standing: ConvoyStanding): readonly string[] {
  const left = tracked.filter(({ bead }) => standing.beads.get(bead.id)?.state !== "closed");
  return left.flatMap((each) => {
    const { bead, blockers } = each;
    const state = standing.beads.get(bead.id);
    if (isSkipped(each))
      return [
        `⊘ ${bead.id}: ${bead.title} (skipped after ${failuresOf(bead)} failures: ${bead.notes.split("\n").at(-1) ?? ""})`,
        `    gt mountain retry ${bead.id}`,
        `    bd show ${bead.id}`,
      ];
    const why = state !== undefined && "reason" in state ? state.reason : "";
    const needs = blockers.length > 0 ? `needs ${blockers.map((blocker) => blocker.id).join(", ")}` : why;
    return [`◌ ${bead.id}: ${bead.title} (${state?.state ?? ""}${needs === "" ? "" : `, ${needs}`})`];
  });
}

/** To the mayor and everybody concerned (spec/05 §8.4). */
function report(
  access: TownAccess,
  snapshot: ConvoySnapshot,
  subject: string,
  lines: readonly string[],
): readonly Operation[] {
  const to = [...new Set(["mayor/", ...convoyAudience(snapshot)])];
  return convoyMail(snapshot, { from: access.actor, to, subject, body: lines.join("\n"), priority: 1 });
}

const nameOf = ({ convoy }: ConvoySnapshot): string => convoy.title.replace(/^Mountain: /, "");
