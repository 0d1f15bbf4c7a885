import { describeEvent } from "../../core/events/describe-event.ts";
import { readEvents } from "../../core/events/read-events.ts";
import { readCommits } from "../../core/git/read-commits.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { neverReadyTypes } from "../../core/ledger/bead-types.ts";
import type { Town } from "../../core/town/town.ts";

/** One line of the timeline (spec/06 §13.2). */
export interface AuditEntry {
  readonly at: number;
  readonly source: "git" | "beads" | "events";
  readonly type: string;
  readonly actor: string;
  readonly summary: string;
  readonly id: string;
}

export interface AuditQuery {
  /** Whole address or its last part. */
  readonly actor: string | undefined;
  readonly since: number | undefined;
  readonly limit: number;
}

/** Commits, beads and events in one timeline, newest first. A source that cannot be read is told and left out. */
export async function readAudit(
  town: Town,
  ledger: Ledger,
  query: AuditQuery,
  warn: (text: string) => void,
): Promise<readonly AuditEntry[]> {
  const sources: readonly (readonly [name: string, read: () => Promise<readonly AuditEntry[]>])[] = [
    ...town
      .rigs()
      .map((rig) => [`commits of ${rig.name}`, () => commitEntries(rig.repository, query)] as const),
    ["beads", () => beadEntries(ledger, query)],
    ["events", async () => eventEntries(town, query)],
  ];
  const lists = await Promise.all(
    sources.map(async ([name, read]) => {
      try {
        return await read();
      } catch (error) {
        warn(`cannot read the ${name}: ${(error as Error).message}`);
        return [];
      }
    }),
  );
  return lists
    .flat()
    .filter((entry) => isBy(entry.actor, query.actor) && entry.at >= (query.since ?? 0))
    .sort((one, other) => other.at - one.at)
    .slice(0, query.limit);
}

async function commitEntries(repository: string, query: AuditQuery): Promise<readonly AuditEntry[]> {
  const commits = await readCommits(repository, {
    limit: 1000,
    branches: "all",
    ...(query.since === undefined ? {} : { since: query.since }),
  });
  return commits.map((commit) => ({
    at: commit.date,
    source: "git",
    type: "commit",
    actor: commit.author,
    summary: `commit ${commit.subject} [${commit.shortHash}]`,
    id: commit.hash,
  }));
}

async function beadEntries(ledger: Ledger, { since, limit }: AuditQuery): Promise<readonly AuditEntry[]> {
  const filter = { notType: neverReadyTypes, limit: Math.max(200, limit) };
  const [created, closed] = await Promise.all([
    ledger.find({ ...filter, sort: "created", ...(since === undefined ? {} : { createdAfter: since }) }),
    ledger.find({
      ...filter,
      status: "closed",
      sort: "closed",
      ...(since === undefined ? {} : { closedAfter: since }),
    }),
  ]);
  return [
    ...created.map(
      (bead): AuditEntry => ({
        at: bead.createdAt,
        source: "beads",
        type: "created",
        actor: bead.createdBy,
        summary: `created ${bead.id}: ${bead.title}`,
        id: bead.id,
      }),
    ),
    ...closed.map(
      (bead): AuditEntry => ({
        at: bead.closedAt ?? bead.updatedAt,
        source: "beads",
        type: "closed",
        actor: bead.updatedBy,
        summary: `closed ${bead.id}: ${bead.title}`,
        id: bead.id,
      }),
    ),
  ];
}

/** What the ledger tells better itself is left out. */
const toldByBeads = new Set(["create", "complete"]);

function eventEntries(town: Town, { since }: AuditQuery): readonly AuditEntry[] {
  return readEvents(town.paths.events, {
    limit: 2000,
    ...(since === undefined ? {} : { filter: { since } }),
    accepts: (event) => !toldByBeads.has(event.type),
  }).map((event) => ({
    at: Date.parse(event.ts),
    source: "events",
    type: event.type,
    actor: event.actor,
    summary: describeEvent(event),
    id: event.id ?? "",
  }));
}

function isBy(actor: string, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  const bare = actor.replace(/\/$/, "");
  const asked = wanted.replace(/\/$/, "");
  return bare === asked || bare.split("/").at(-1) === asked;
}
