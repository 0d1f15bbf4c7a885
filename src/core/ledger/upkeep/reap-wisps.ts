import type { BeadId } from "../bead.ts";
import type { Batch } from "../store/batch.ts";
import type { BeadRow } from "../store/bead-row.ts";
import { promoteBead } from "../store/claim.ts";
import { removeBead } from "../store/delete-bead.ts";
import { parentOf } from "../store/edges.ts";
import type { SqliteLedger } from "../store/sqlite-ledger.ts";

const hour = 3600 * 1000;
const day = 24 * hour;

/** How long a wisp lives after its last change, by its type; `default` for none (spec/01 §5.5). */
const builtInTtl: Readonly<Record<string, number>> = {
  heartbeat: 6 * hour,
  ping: 6 * hour,
  patrol: day,
  gc_report: day,
  recovery: 7 * day,
  error: 7 * day,
  escalation: 7 * day,
  default: 7 * day,
};

/** Steps of a workflow that is gone are of no use after this. */
const orphanAgeMs = day;
/** Beads looked at in one transaction. */
const batchSize = 100;

const untouchedTypes = "('agent', 'role', 'rig', 'epic', 'message', 'merge-request')";
const protectedLabels = "('gt:standing-orders', 'gt:role', 'gt:rig', 'gt:sling-context')";

export interface ReapOptions {
  readonly actor: string;
  /** Overrides of the town and rig settings, milliseconds by wisp type. */
  readonly ttl?: Readonly<Record<string, number>>;
  readonly dryRun?: boolean;
  /** Only burns open wisps that nothing is attached to and that did not change for so long (`bd mol wisp gc`). */
  readonly abandonedForMs?: number;
  /** Deletes every closed wisp whatever its age, and nothing else (`bd mol wisp gc --closed`). */
  readonly closedOnly?: boolean;
  /** Types to leave alone. */
  readonly excludeTypes?: readonly string[];
}

export interface ReapReport {
  readonly deleted: readonly BeadId[];
  readonly promoted: readonly BeadId[];
}

/** Deletes wisps whose time is over and keeps those that proved of value (spec/01 §5.5). */
export async function reapWisps(ledger: SqliteLedger, options: ReapOptions): Promise<ReapReport> {
  const reaper = new Reaper(ledger, options);
  return reaper.run();
}

type Verdict =
  | { readonly action: "keep" | "delete" | "burn" }
  | { readonly action: "promote"; readonly reason: string };

class Reaper {
  private readonly ledger: SqliteLedger;
  private readonly options: ReapOptions;
  private readonly attached: ReadonlySet<string>;
  private readonly deleted: BeadId[] = [];
  private readonly promoted: BeadId[] = [];

  constructor(ledger: SqliteLedger, options: ReapOptions) {
    this.ledger = ledger;
    this.options = options;
    this.attached = new Set(
      ledger.database.values<string>(
        `SELECT json_extract(metadata, '$.attachment.molecule') FROM issues
         WHERE metadata LIKE '%"molecule"%' AND status NOT IN (${ledger.statuses().settledSql})
         UNION SELECT hook_bead FROM agents WHERE hook_bead <> ''`,
      ),
    );
  }

  async run(): Promise<ReapReport> {
    const { database } = this.ledger;
    // Steps come before their workflow: once that is deleted, they would count as changed just now.
    const candidates = database.values<string>(
      `SELECT id FROM issues i WHERE ephemeral = 1 AND issue_type NOT IN ${untouchedTypes}
         AND status NOT IN ('hooked', 'pinned') AND priority > 1
         AND NOT EXISTS (SELECT 1 FROM labels l WHERE l.issue_id = i.id AND l.label IN ${protectedLabels})
       AND issue_type NOT IN (SELECT value FROM json_each(?))
       ORDER BY id DESC`,
      JSON.stringify(this.options.excludeTypes ?? []),
    );
    for (let start = 0; start < candidates.length; start += batchSize) {
      const ids = candidates.slice(start, start + batchSize);
      if (this.options.dryRun === true) await this.preview(ids);
      else await this.ledger.apply(this.options.actor, (batch) => this.reap(batch, ids));
    }
    return { deleted: this.deleted, promoted: this.promoted };
  }

  /** The same decisions in a transaction that is thrown away. */
  private async preview(ids: readonly BeadId[]): Promise<void> {
    const undo = new Error("only a preview");
    try {
      await this.ledger.apply(this.options.actor, (batch) => {
        this.reap(batch, ids);
        throw undo;
      });
    } catch (error) {
      if (error !== undo) throw error;
    }
  }

  private reap(batch: Batch, ids: readonly BeadId[]): void {
    const ttl = this.ttlByType();
    for (const id of ids) {
      const row = batch.findBead(id);
      // Burned with its root, or promoted with it, earlier in this run.
      if (row === undefined || row.ephemeral === 0) continue;
      const verdict = this.judge(batch, row, ttl);
      if (verdict.action === "promote") {
        promoteBead(batch, id, verdict.reason);
        this.comment(batch, id, verdict.reason);
        this.promoted.push(id);
      } else if (verdict.action === "burn") this.burn(batch, id);
      else if (verdict.action === "delete") this.remove(batch, id);
    }
  }

  private judge(batch: Batch, row: BeadRow, ttl: Readonly<Record<string, number>>): Verdict {
    const age = batch.now - row.updated_at;
    const isClosed = row.status === "closed";
    const parent = parentOf(batch, row.id);
    if (this.attached.has(rootOf(batch, row.id))) return { action: "keep" };
    if (this.options.closedOnly === true) return { action: isClosed ? "delete" : "keep" };
    const isOrphan = isParentGone(batch, row.id, parent) || isWorkOver(batch, row);
    if (!isClosed && age > orphanAgeMs && isOrphan) return { action: "burn" };
    const { abandonedForMs } = this.options;
    if (abandonedForMs !== undefined) return { action: !isClosed && age > abandonedForMs ? "burn" : "keep" };
    const isRoot = parent === undefined;
    if (isRoot && hasProvenValue(batch, row.id))
      return { action: "promote", reason: "Promoted: proven value" };
    if (age <= (ttl[row.wisp_type || "default"] ?? builtInTtl["default"] ?? 0)) return { action: "keep" };
    if (isClosed) return { action: "delete" };
    if (!isRoot) return { action: "keep" };
    return {
      action: "promote",
      reason: row.status === "in_progress" ? "stuck in_progress past TTL" : "open past TTL",
    };
  }

  private ttlByType(): Readonly<Record<string, number>> {
    const ttl: Record<string, number> = { ...builtInTtl, ...this.options.ttl };
    const { database } = this.ledger;
    const settings = database.all<{ key: string; value: string }>(
      "SELECT substr(key, 10) AS key, value FROM config WHERE key LIKE 'wisp\\_ttl.%' ESCAPE '\\'",
    );
    const labels = database.values<string>(
      `SELECT l.label FROM labels l JOIN issues i ON i.id = l.issue_id
       WHERE l.label LIKE 'wisp\\_ttl\\_%' ESCAPE '\\' AND i.issue_type = 'rig'`,
    );
    for (const { key, value } of settings) ttl[key] = durationMs(value) ?? ttl[key] ?? 0;
    for (const label of labels) {
      const match = /^wisp_ttl_(\w+):(.+)$/.exec(label);
      const ms = durationMs(match?.[2] ?? "");
      if (match?.[1] !== undefined && ms !== undefined) ttl[match[1]] = ms;
    }
    return ttl;
  }

  private burn(batch: Batch, id: BeadId): void {
    const children = batch.database.values<string>(
      `SELECT d.issue_id FROM dependencies d JOIN issues c ON c.id = d.issue_id
       WHERE d.depends_on_id = ? AND d.type = 'parent-child' AND c.ephemeral = 1`,
      id,
    );
    for (const child of children) this.burn(batch, child);
    this.remove(batch, id);
  }

  private remove(batch: Batch, id: BeadId): void {
    removeBead(batch, id, "wisp expired");
    this.deleted.push(id);
  }

  private comment(batch: Batch, id: BeadId, text: string): void {
    batch.database.run(
      "INSERT INTO comments (id, issue_id, author, text, created_at) VALUES (?,?,?,?,?)",
      `${batch.tx}-${id}`,
      id,
      batch.actor,
      text,
      batch.now,
    );
  }
}

function rootOf(batch: Batch, id: BeadId): BeadId {
  const seen = new Set<BeadId>();
  let root = id;
  for (let at = parentOf(batch, id); at !== undefined && !seen.has(at); at = parentOf(batch, at)) {
    seen.add(at);
    root = at;
  }
  return root;
}

/** A step whose workflow is over or was deleted. */
function isParentGone(batch: Batch, id: BeadId, parent: BeadId | undefined): boolean {
  if (parent !== undefined) {
    const row = batch.findBead(parent);
    return row === undefined || row.status === "closed";
  }
  const dot = id.lastIndexOf(".");
  return dot > 0 && batch.findBead(id.slice(0, dot)) === undefined;
}

/** A workflow that guided the work on a bead which is closed or gone. */
function isWorkOver(batch: Batch, row: BeadRow): boolean {
  const { mol } = JSON.parse(row.metadata) as { readonly mol?: { readonly base?: unknown } };
  if (typeof mol?.base !== "string") return false;
  const base = batch.findBead(mol.base);
  return base === undefined || base.status === "closed";
}

function hasProvenValue(batch: Batch, id: BeadId): boolean {
  return (
    batch.database.value(
      `SELECT 1 FROM comments WHERE issue_id = ?1
       UNION ALL SELECT 1 FROM labels WHERE issue_id = ?1 AND label IN ('keep', 'gt:keep') LIMIT 1`,
      { 1: id },
    ) !== undefined
  );
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: hour, d: day, w: 7 * day };

/** `6h`, `7d`, `1h30m` in milliseconds. */
function durationMs(text: string): number | undefined {
  const parts = [...text.trim().matchAll(/(\d+)([smhdw])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text.trim()) return undefined;
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? 0), 0);
}
