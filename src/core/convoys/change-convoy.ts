import { GtError } from "../gt-error.ts";
import type { Bead, BeadId } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";
import { beadsBelow } from "./beads-below.ts";
import { type ConvoyFields, convoyFields, isConvoy, isOwned, isSlingable, isStaged } from "./convoy.ts";
import { type ConvoySnapshot, readConvoys, type TrackedBead, trackedIds } from "./convoy-snapshot.ts";
import { landingNotice } from "./landing-notice.ts";
import { newConvoy, trackIssue } from "./new-convoy.ts";

export interface CreateConvoy {
  readonly name?: string;
  readonly issues: readonly BeadId[];
  readonly owner: string;
  readonly owned?: boolean;
  readonly fields?: Partial<ConvoyFields>;
}

/** Creates a convoy in one batch; nothing is created when one of the issues does not exist (spec/05 §6.2). */
export async function createConvoy(ledger: Ledger, actor: string, request: CreateConvoy): Promise<Bead> {
  const beads = await ledger.getMany(request.issues);
  const missing = request.issues.find((id) => !beads.has(id));
  if (missing !== undefined)
    throw new GtError("E_BEAD_NOT_FOUND", `no bead ${missing}; nothing was created`, { hint: "bd list" });
  const first = beads.get(request.issues[0] ?? "");
  const title = request.name ?? first?.title ?? "";
  if (title.startsWith("-"))
    throw new GtError("E_BAD_TITLE", `the name "${title}" looks like a command-line flag`, {
      hint: "gt convoy create <name> <bead>...",
    });
  if (title.trim() === "")
    throw new GtError("E_USAGE", "a convoy needs a name or an issue", {
      hint: "gt convoy create <name> <bead>...",
      exitCode: 2,
    });
  const { named } = await ledger.write(
    actor,
    newConvoy({
      title,
      owner: request.owner,
      issues: [...new Set(request.issues)],
      ...(request.owned === undefined ? {} : { owned: request.owned }),
      ...(request.fields === undefined ? {} : { fields: request.fields }),
    }),
  );
  return requireBead(ledger, named["convoy"] ?? "");
}

/** Slingable beads below an epic; others are looked into, not taken (`--from-epic`). */
export async function slingableBelow(ledger: Ledger, epic: BeadId): Promise<readonly BeadId[]> {
  const found = (await beadsBelow(ledger, epic)).filter(isSlingable).map((bead) => bead.id);
  if (found.length > 0) return found.sort();
  throw new GtError("E_NO_CHILDREN", `${epic} has no children that could be slung`, {
    hint: `bd create "..." --parent ${epic}`,
  });
}

export interface AddedIssues {
  readonly added: readonly BeadId[];
  readonly already: readonly BeadId[];
  readonly reopened: boolean;
}

/** Tracks more issues. A closed convoy is open again, a staged one has to be staged anew. */
export async function addIssues(
  ledger: Ledger,
  actor: string,
  convoy: Bead,
  issues: readonly BeadId[],
): Promise<AddedIssues> {
  const beads = await ledger.getMany(issues);
  const missing = issues.find((id) => !beads.has(id));
  if (missing !== undefined)
    throw new GtError("E_BEAD_NOT_FOUND", `no bead ${missing}; nothing was added`, { hint: "bd list" });
  const tracked = new Set((await trackedIds(ledger, [convoy])).get(convoy.id));
  const added = [...new Set(issues)].filter((id) => !tracked.has(id));
  const already = issues.filter((id) => tracked.has(id));
  if (added.length === 0) return { added, already, reopened: false };
  const isReopened = convoy.status === "closed";
  await ledger.write(actor, [
    { op: "expect", id: convoy.id, expected: { status: convoy.status } },
    ...(isReopened ? reopening(convoy.id, "issues were added") : []),
    ...(isStaged(convoy) ? [stagingOutdated(convoy.id)] : []),
    ...added.map((issue): Operation => trackIssue(convoy.id, issue)),
    ...added.map(
      (issue): Operation => ({
        op: "event",
        event: {
          type: "convoy_issue_added",
          payload: { convoy: convoy.id, bead: issue },
          visibility: "audit",
        },
      }),
    ),
  ]);
  return { added, already, reopened: isReopened };
}

const stagingOutdated = (id: BeadId): Operation => ({
  op: "update",
  id,
  fields: { metadata: { convoy: { restage: true } } },
});

/** Stops tracking issues; they themselves stay as they are. Returns those that were tracked. */
export async function removeIssues(
  ledger: Ledger,
  actor: string,
  convoy: Bead,
  issues: readonly BeadId[],
): Promise<readonly BeadId[]> {
  const tracked = new Set((await trackedIds(ledger, [convoy])).get(convoy.id));
  const removed = issues.filter((id) => tracked.has(id));
  if (removed.length > 0)
    await ledger.write(
      actor,
      removed.flatMap((id): Operation[] => [
        { op: "removeDependency", from: convoy.id, to: id, type: "tracks" },
        {
          op: "event",
          event: {
            type: "convoy_issue_removed",
            payload: { convoy: convoy.id, bead: id },
            visibility: "audit",
          },
        },
      ]),
    );
  return removed;
}

function reopening(id: BeadId, reason: string): readonly Operation[] {
  return [
    { op: "reopen", id, reason },
    { op: "update", id, fields: { metadata: { convoy: { outcome: null, regressed: null } } } },
    { op: "event", event: { type: "convoy_reopened", payload: { convoy: id, reason } } },
  ];
}

/** Opens a closed convoy again. False when it was open. */
export async function reopenConvoy(
  ledger: Ledger,
  actor: string,
  convoy: Bead,
  reason: string,
): Promise<boolean> {
  if (convoy.status !== "closed") return false;
  await ledger.write(actor, reopening(convoy.id, reason));
  return true;
}

export interface CloseConvoy {
  readonly reason?: string;
  /** Also with open issues: they stay open, the convoy counts as abandoned. */
  readonly force?: boolean;
  /** Tells these instead of owner and subscribers. */
  readonly notify?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What it tracks, and what of it is open; `E_CONVOY_OPEN_ISSUES` lists that unless it is forced or only staged. */
export async function expectNoOpenIssues(
  ledger: Ledger,
  convoy: Bead,
  isForced: boolean,
): Promise<{ readonly snapshot: ConvoySnapshot | undefined; readonly open: readonly TrackedBead[] }> {
  const [snapshot] = await readConvoys(ledger, { convoys: [convoy] });
  const open = (snapshot?.tracked ?? []).filter(({ bead }) => bead.status !== "closed");
  if (open.length > 0 && !isForced && !isStaged(convoy))
    throw new GtError("E_CONVOY_OPEN_ISSUES", `${convoy.id} has ${open.length} open issues`, {
      why: open.slice(0, 10).map(({ bead }) => `${bead.id}: ${bead.title}`),
      hint: `gt convoy close ${convoy.id} --force`,
      details: { open: open.map(({ bead }) => bead.id) },
    });
  return { snapshot, open };
}

/** Closes a convoy by hand. False when it was closed before. `E_CONVOY_OPEN_ISSUES` lists what is open. */
export async function closeConvoy(
  ledger: Ledger,
  actor: string,
  convoy: Bead,
  request: CloseConvoy,
): Promise<boolean> {
  if (convoy.status === "closed") return false;
  const { snapshot, open } = await expectNoOpenIssues(ledger, convoy, request.force === true);
  const outcome = isStaged(convoy) ? "cancelled" : open.length > 0 ? "abandoned" : "landed";
  const reason = request.reason ?? (open.length > 0 ? "closed by force" : "closed by hand");
  await ledger.write(actor, [
    { op: "expect", id: convoy.id, expected: { status: convoy.status } },
    { op: "update", id: convoy.id, fields: { metadata: { convoy: { outcome } } } },
    { op: "close", id: convoy.id, close: { reason, force: true } },
    { op: "event", event: { type: "convoy_closed", payload: { convoy: convoy.id, reason, outcome } } },
    ...(snapshot === undefined || outcome === "cancelled"
      ? []
      : landingNotice(snapshot, {
          now: request.now,
          by: actor,
          ...(outcome === "abandoned" ? { abandonedFor: reason } : {}),
          ...(request.notify === undefined ? {} : { audience: request.notify }),
        })),
  ]);
  return true;
}

/** `E_CONVOY_NOT_OWNED` for a convoy that lands by itself. */
export function expectOwned(convoy: Bead): void {
  if (isOwned(convoy)) return;
  throw new GtError("E_CONVOY_NOT_OWNED", `${convoy.id} lands by itself when its work is merged`, {
    hint: `gt convoy show ${convoy.id}`,
  });
}

/** Lands a convoy that its caller manages (`gt:owned`). */
export async function landOwned(
  ledger: Ledger,
  actor: string,
  convoy: Bead,
  request: Omit<CloseConvoy, "reason">,
): Promise<boolean> {
  expectOwned(convoy);
  return closeConvoy(ledger, actor, convoy, { ...request, reason: "Landed by owner" });
}

/** Adds or removes a subscriber. False when nothing changed. */
export async function watchConvoy(
  ledger: Ledger,
  actor: string,
  convoy: Bead,
  watch: { readonly address: string; readonly list: "watchers" | "nudge_watchers" | "none" },
): Promise<boolean> {
  const fields = convoyFields(convoy);
  const without = (list: readonly string[]) => list.filter((each) => each !== watch.address);
  const next =
    watch.list === "none"
      ? { watchers: without(fields.watchers), nudge_watchers: without(fields.nudge_watchers) }
      : { [watch.list]: [...without(fields[watch.list]), watch.address] };
  const isSame =
    watch.list === "none"
      ? !fields.watchers.includes(watch.address) && !fields.nudge_watchers.includes(watch.address)
      : fields[watch.list].includes(watch.address);
  if (isSame) return false;
  await ledger.write(actor, [{ op: "update", id: convoy.id, fields: { metadata: { convoy: next } } }]);
  return true;
}

async function requireBead(ledger: Ledger, id: BeadId): Promise<Bead> {
  const bead = await ledger.get(id);
  if (bead === undefined || !isConvoy(bead)) throw new Error(`convoy ${id} was not created`);
  return bead;
}
