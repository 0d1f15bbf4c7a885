import { open } from "node:fs/promises";
import Database from "better-sqlite3";

/** Overwrites 4 KiB in the file where the beads are. */
export async function damageLedger(path: string): Promise<void> {
  const database = new Database(path);
  database.pragma("wal_checkpoint(TRUNCATE)");
  const page = database.prepare("SELECT rootpage FROM sqlite_master WHERE name = 'issues'").pluck().get();
  const size = Number(database.pragma("page_size", { simple: true }));
  database.close();
  const file = await open(path, "r+");
  await file.write(Buffer.alloc(4096, 0xff), 0, 4096, (Number(page) - 1) * size);
  await file.close();
}
