import Database from "better-sqlite3";
import { isObject, type JsonObject } from "../../core/town/json-file.ts";

/**
 * OpenCode's messages of a conversation and of those that its helpers held for it, from OpenCode's own database. Undefined
 * when there is none of a shape that we know. Only reads, and waits for nobody.
 */
export function readOpencodeMessages(file: string, sessionId: string): readonly JsonObject[] | undefined {
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { readonly: true, fileMustExist: true, timeout: 500 });
    const rows = database
      .prepare<[string, string], { data: string }>(
        "SELECT data FROM message WHERE session_id = ? OR session_id IN (SELECT id FROM session WHERE parent_id = ?)",
      )
      .all(sessionId, sessionId);
    return rows.map(({ data }): unknown => JSON.parse(data)).filter(isObject);
  } catch {
    return undefined; // another version keeps them in another way
  } finally {
    database?.close();
  }
}
