import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { recordEvents } from "../../core/events/event-log.ts";
import { redact } from "../../core/redact.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import type { Town } from "../../core/town/town.ts";

const maxCommand = 200;
const errorIntervalMs = 60_000;

/** A guard kept an agent from running something (spec/03 §12). The command is cut, and secrets in it are masked. */
export function recordDenial(town: Town, actor: string, guard: string, command: string): void {
  const shown = redact(sanitiseLine(command)).slice(0, maxCommand);
  record(town, actor, "guard_denied", { guard, command: shown });
}

/** A hook of ours failed: at most one event a minute for each session (spec/03 §4.1). */
export function recordHookError(
  town: Town,
  actor: string,
  session: string,
  failure: { readonly provider: string; readonly event: string; readonly message: string },
): void {
  const mark = join(town.paths.runtime, "hook-errors", session.replace(/[^A-Za-z0-9_.-]/g, "_") || "none");
  const last = statSync(mark, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Date.now() - last < errorIntervalMs) return;
  mkdirSync(dirname(mark), { recursive: true, mode: 0o700 });
  writeFileSync(mark, "");
  record(town, actor, "hook_error", {
    ...failure,
    message: sanitiseLine(failure.message).slice(0, maxCommand),
  });
}

function record(town: Town, actor: string, type: string, payload: Readonly<Record<string, unknown>>): void {
  recordEvents(town.paths.events, [
    { ts: new Date().toISOString(), source: "gt", type, actor, payload, visibility: "audit" },
  ]);
}
