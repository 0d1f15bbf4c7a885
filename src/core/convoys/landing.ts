import type { BeadId } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";
import { GtError } from "../gt-error.ts";
import { type ConvoySnapshot, readConvoys } from "./convoy-snapshot.ts";
import { hasLanded } from "./convoy-state.ts";
import { convoyAudience, landingNotice } from "./landing-notice.ts";

export interface LandedConvoy {
  readonly id: BeadId;
  readonly title: string;
  readonly total: number;
  /** Who was told by mail: owner, notified and watchers, without repetition. */
  readonly audience: readonly string[];
}

export interface CheckOptions {
  /** Only convoys that track this bead: the cheap check right after it closed. */
  readonly bead?: BeadId;
  /** Only this convoy. */
  readonly convoy?: BeadId;
}

/**
 * Closes every open convoy whose work has all landed (spec/05 §6.5): at least one tracked bead, all closed, none with
 * an open merge request. Called after a merge, after `gt close`, and by the daemon; repeating it changes nothing and
 * tells nobody twice.
 */
export async function checkConvoys(
  ledger: Ledger,
  actor: string,
  now: number,
  options: CheckOptions = {},
): Promise<readonly LandedConvoy[]> {
  const landed: LandedConvoy[] = [];
  for (const snapshot of await candidates(ledger, options)) {
    if (hasLanded(snapshot) && (await land(ledger, actor, now, snapshot))) landed.push(describe(snapshot));
  }
  return landed;
}

async function candidates(ledger: Ledger, options: CheckOptions): Promise<readonly ConvoySnapshot[]> {
  if (options.bead === undefined && options.convoy === undefined)
    return readConvoys(ledger, { convoys: await ledger.find({ type: "convoy", status: "open" }) });
  const ids =
    options.convoy === undefined
      ? (await ledger.dependents(options.bead ?? ""))
          .filter((edge) => edge.type === "tracks")
          .map((edge) => edge.from)
      : [options.convoy];
  const convoys = [...(await ledger.getMany(ids)).values()].filter((bead) => bead.status === "open");
  return readConvoys(ledger, { convoys });
}

/** False when something changed meanwhile: the next check decides. */
async function land(ledger: Ledger, actor: string, now: number, snapshot: ConvoySnapshot): Promise<boolean> {
  const { convoy, tracked } = snapshot;
  const operations: Operation[] = [
    { op: "expect", id: convoy.id, expected: { rev: convoy.rev, status: "open" } },
    ...tracked.map(
      ({ bead }): Operation => ({ op: "expect", id: bead.id, expected: { status: bead.status } }),
    ),
    { op: "update", id: convoy.id, fields: { metadata: { convoy: { outcome: "landed" } } } },
    { op: "close", id: convoy.id, close: { reason: "All tracked issues completed", outcome: "success" } },
    {
      op: "event",
      event: {
        type: "convoy_landed",
        payload: {
          convoy: convoy.id,
          title: convoy.title,
          total: tracked.length,
          duration_s: Math.max(0, Math.round((now - convoy.createdAt) / 1000)),
        },
      },
    },
    ...landingNotice(snapshot, { now, by: actor }),
  ];
  try {
    await ledger.write(actor, operations);
    return true;
  } catch (error) {
    if (error instanceof GtError && error.code === "E_CONFLICT") return false;
    throw error;
  }
}

function describe(snapshot: ConvoySnapshot): LandedConvoy {
  const { convoy, tracked } = snapshot;
  return {
    id: convoy.id,
    title: convoy.title,
    total: tracked.length,
    audience: convoyAudience(snapshot),
  };
}
