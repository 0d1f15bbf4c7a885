import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SessionRecord } from "./session-host.ts";

/**
 * Session records on disk, `.runtime/sessions/<session>.json` (spec/03 §5.1), with the last screen of an ended session
 * beside it. Written by the host alone. They may be lost with `.runtime`, so nothing waits for the disk.
 */
export function writeRecord(directory: string, record: SessionRecord): void {
  replaceFile(directory, `${record.session}.json`, `${JSON.stringify(record, undefined, 2)}\n`);
}

export function readRecord(directory: string, session: string): SessionRecord | undefined {
  return parseRecord(directory, `${session}.json`);
}

export function readRecords(directory: string): readonly SessionRecord[] {
  let names: readonly string[];
  try {
    names = readdirSync(directory);
  } catch {
    return []; // no session has ever run
  }
  return names
    .filter((name) => name.endsWith(".json") && !name.startsWith("."))
    .flatMap((name) => parseRecord(directory, name) ?? []);
}

export function writeLastScreen(directory: string, session: string, lines: readonly string[]): void {
  replaceFile(directory, `${session}.screen`, `${lines.join("\n")}\n`);
}

/** The last lines of a session that has ended, oldest first. */
export function readLastScreen(directory: string, session: string): readonly string[] {
  try {
    return readFileSync(join(directory, `${session}.screen`), "utf8")
      .trimEnd()
      .split("\n");
  } catch {
    return []; // never ended, or `.runtime` was cleared
  }
}

export function removeLastScreen(directory: string, session: string): void {
  rmSync(join(directory, `${session}.screen`), { force: true });
}

/** Forgets a session that has ended, its last screen included. */
export function removeRecord(directory: string, session: string): void {
  rmSync(join(directory, `${session}.json`), { force: true });
  removeLastScreen(directory, session);
}

function replaceFile(directory: string, name: string, content: string): void {
  const temporary = join(directory, `.${name}.${process.pid}.tmp`);
  const write = (): void => {
    writeFileSync(temporary, content, { mode: 0o600 });
    renameSync(temporary, join(directory, name));
  };
  try {
    write();
  } catch {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    try {
      write();
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }
}

function parseRecord(directory: string, name: string): SessionRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(join(directory, name), "utf8")) as Partial<SessionRecord>;
    return typeof record.session === "string" && typeof record.pid === "number"
      ? (record as SessionRecord)
      : undefined;
  } catch {
    return undefined; // gone, or damaged: the next spawn of the name replaces it
  }
}
