import { stat } from "node:fs/promises";
import { listBackups } from "../upkeep/backup.ts";
import { networkFileSystem } from "../store/file-system.ts";
import { isDead } from "../store/leases.ts";
import { schemaVersion } from "../store/schema.ts";
import type { Check } from "./check.ts";
import { listed, ok, problem } from "./finding.ts";

const fix = "bd doctor --fix";
const largeLog = 64 * 1024 * 1024;
const backupAgeMs = 2 * 24 * 3600 * 1000;

export const databaseChecks: readonly Check[] = [
  {
    name: "integrity",
    category: "database",
    async examine({ ledger, isDeep }) {
      const answer = String(ledger.database.pragma(isDeep ? "integrity_check" : "quick_check"));
      return answer === "ok"
        ? ok("the file is intact")
        : problem("error", `the file is damaged: ${answer}`, { fix });
    },
  },
  {
    name: "schema-version",
    category: "database",
    async examine({ ledger }) {
      const version = Number(ledger.database.pragma("user_version"));
      if (version === schemaVersion) return ok(`schema v${version}`);
      return problem("error", `schema v${version}, this program has v${schemaVersion}`, {
        fix: version > schemaVersion ? "upgrade gastown" : "bd migrate",
      });
    },
  },
  {
    name: "wal-size",
    category: "database",
    async examine({ ledger }) {
      const size = await stat(`${ledger.path}-wal`).then(
        (found) => found.size,
        () => 0,
      );
      const mib = `${(size / 1024 / 1024).toFixed(1)} MiB`;
      return size <= largeLog
        ? ok(`write-ahead log: ${mib}`)
        : problem("warning", `the write-ahead log has ${mib}`, { fix });
    },
    async repair({ ledger }) {
      ledger.database.pragma("wal_checkpoint(TRUNCATE)");
    },
  },
  {
    name: "file-system",
    category: "database",
    async examine({ ledger }) {
      const found = networkFileSystem(ledger.path);
      if (found === undefined) return ok("on a local file system");
      return problem("error", `ledger must be on a local file system (found ${found})`, {
        fix: "move the ledger, or set GT_LEDGER_DIR",
      });
    },
  },
  {
    name: "stale-leases",
    category: "database",
    async examine({ ledger }) {
      return listed(staleLeases(ledger.database.all(leaseSql)), "warning", {
        none: "no lease of a dead process",
        some: "lease(s) of dead processes; they are taken over on demand",
        fix,
      });
    },
    async repair({ ledger }) {
      const stale = staleLeases(ledger.database.all(leaseSql));
      await ledger.database.write(() => {
        for (const name of stale) ledger.database.run("DELETE FROM leases WHERE name = ?", name);
      });
    },
  },
  {
    name: "feed-floor",
    category: "database",
    async examine({ ledger }) {
      const floor = Number(
        ledger.database.value<string>("SELECT value FROM meta WHERE key = 'feed_floor'") ?? 0,
      );
      const head = await ledger.head();
      return floor <= head
        ? ok(`the feed reaches from ${floor} to ${head}`)
        : problem("error", `the feed starts at ${floor}, behind its end ${head}`, { fix });
    },
    async repair({ ledger }) {
      await ledger.database.write(() => ledger.database.run("DELETE FROM meta WHERE key = 'feed_floor'"));
    },
  },
  {
    name: "backups",
    category: "database",
    async examine({ ledger }) {
      const [newest] = await listBackups(ledger.path);
      if (newest === undefined) {
        // The daemon of a town makes one a day; standalone, the exported file is the copy.
        const isExpected = ledger.prefixTable().isTown && (await ledger.count({})) > 0;
        return isExpected
          ? problem("warning", "there is no backup", { fix: "bd backup create" })
          : ok("no backup");
      }
      const age = ledger.clock.now() - newest.createdAt;
      const days = Math.floor(age / (24 * 3600 * 1000));
      return age <= backupAgeMs
        ? ok(`newest backup: ${newest.path}`)
        : problem("warning", `the newest backup is ${days} days old`, { fix: "bd backup create" });
    },
  },
];

const leaseSql = "SELECT name, holder, pid, expires_at FROM leases ORDER BY name";

function staleLeases(rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return rows
    .filter((row) =>
      isDead({ holder: String(row["holder"]), pid: typeof row["pid"] === "number" ? row["pid"] : null }),
    )
    .map((row) => String(row["name"]));
}
