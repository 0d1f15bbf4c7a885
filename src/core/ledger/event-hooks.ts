import { spawn } from "node:child_process";
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { BeadId } from "./bead.ts";

/** What a batch did to a bead, as the change feed names it. */
export interface BeadEvent {
  readonly id: BeadId;
  readonly type: string;
}

export interface HookCall extends BeadEvent {
  readonly hook: "on_create" | "on_update" | "on_close";
}

export interface HookOptions {
  /** The `hooks` directory beside the ledger. */
  readonly directory: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly limitSeconds?: number;
}

/** Set for hooks: what they write themselves calls no hooks, or two of them could go on for ever. */
const insideHook = "BD_IN_HOOK";

/** No hook hears of these: quiet times of agents, and beads that come from or went elsewhere. */
const silentTypes: ReadonlySet<string> = new Set(["agent_updated", "imported", "merged", "deleted"]);
const largestLog = 1024 * 1024;

/** The hooks that a batch calls: one call for each bead and kind of hook, with its first event (spec/01 §5.4). */
export function hookCalls(events: readonly BeadEvent[]): readonly HookCall[] {
  const calls = new Map<string, HookCall>();
  const created = new Set(events.filter(({ type }) => type === "created").map(({ id }) => id));
  for (const event of events) {
    if (silentTypes.has(event.type)) continue;
    const hook =
      event.type === "created" ? "on_create" : event.type === "closed" ? "on_close" : ("on_update" as const);
    // Labels and edges that a bead is born with are no update.
    if (hook === "on_update" && created.has(event.id)) continue;
    const key = `${hook} ${event.id}`;
    if (!calls.has(key)) calls.set(key, { ...event, hook });
  }
  return [...calls.values()];
}

/**
 * Starts the hooks that exist and does not wait for them. Each gets the bead on its standard input and is ended with
 * everything it started after ten seconds; what fails is only noted in `hooks.log` beside the directory.
 */
export function startHooks(
  options: HookOptions,
  calls: readonly HookCall[],
  jsonOf: (id: BeadId) => string,
): void {
  const { directory, env = process.env, limitSeconds = 10 } = options;
  if (env[insideHook] !== undefined) return;
  const log = join(dirname(directory), "hooks.log");
  for (const { hook, id, type } of calls) {
    const program = join(directory, hook);
    if (!isExecutable(program)) continue;
    if (existsSync(log) && statSync(log).size > largestLog) rmSync(log, { force: true });
    const input = inputFile(jsonOf(id));
    const args = ["-c", watched, "sh", program, id, type, String(limitSeconds), log];
    const child = spawn("/bin/sh", args, {
      cwd: dirname(dirname(directory)),
      env: { ...env, [insideHook]: "1" },
      // A process group of its own, which ends as a whole.
      detached: true,
      stdio: [input, "ignore", "ignore"],
    });
    closeSync(input);
    child.on("error", () => undefined);
    child.unref();
  }
}

/** Runs the hook and ends its process group when the time is up. The shell does it, for we may have ended by then. */
const watched = `
exec 3<&0
"$1" "$2" "$3" <&3 2>>"$5" &
hook=$!
(
  sleep "$4" & nap=$!
  trap 'kill "$nap"; exit 0' TERM
  wait "$nap"
  echo "$1 $2 $3: stopped after $4 s" >>"$5"
  kill -KILL 0
) </dev/null 3<&- &
watch=$!
wait "$hook"
code=$?
kill "$watch" 2>/dev/null
[ "$code" -eq 0 ] || echo "$1 $2 $3: exit code $code" >>"$5"
`;

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** An open file without a name: unlike a pipe, it can be read to its end when the writer is gone. */
function inputFile(text: string): number {
  const directory = mkdtempSync(join(tmpdir(), "bd-hook-"));
  try {
    const file = join(directory, "bead.json");
    writeFileSync(file, text, { mode: 0o600 });
    return openSync(file, "r");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
