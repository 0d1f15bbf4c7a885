import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { TranscriptFormat } from "./read-transcript.ts";

export interface TranscriptSearch {
  readonly format: TranscriptFormat;
  readonly provider: string;
  readonly sessionId: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Days back in which a codex conversation that still runs may have begun. */
const codexDays = 31;

/** Where the runtime keeps the conversation (spec/03 §10.1); undefined when it is not there. */
export function findTranscript(search: TranscriptSearch): string | undefined {
  const { format, provider, sessionId, cwd, env } = search;
  if (sessionId === "") return undefined;
  // Pi names its conversations by their files.
  if (sessionId.startsWith("/") && sessionId.endsWith(".jsonl")) return ifThere(sessionId);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(sessionId)) return undefined;
  const home = env["HOME"] ?? homedir();
  switch (format) {
    case "claude": {
      const root = env["CLAUDE_CONFIG_DIR"] || join(home, ".claude");
      return ifThere(join(root, "projects", cwd.replace(/[^A-Za-z0-9]/g, "-"), `${sessionId}.jsonl`));
    }
    case "codex":
      return findCodex(join(env["CODEX_HOME"] || join(home, ".codex"), "sessions"), sessionId);
    case "pi": {
      const root = join(home, provider === "omp" ? ".omp" : ".pi", "agent", "sessions");
      return firstIn(root, (folder) =>
        entries(folder)
          .filter((name) => name.endsWith(`_${sessionId}.jsonl`))
          .map((name) => join(folder, name))
          .at(-1),
      );
    }
    case "copilot":
      return ifThere(
        join(env["COPILOT_HOME"] || join(home, ".copilot"), "session-state", sessionId, "events.jsonl"),
      );
    case "opencode":
      return ifThere(join(env["XDG_DATA_HOME"] || join(home, ".local", "share"), "opencode", "opencode.db"));
    case "gemini":
      return undefined; // its hooks name the file
  }
}

const ifThere = (file: string): string | undefined => (existsSync(file) ? file : undefined);

function findCodex(root: string, sessionId: string): string | undefined {
  const days = entries(root).flatMap((year) =>
    entries(join(root, year)).flatMap((month) =>
      entries(join(root, year, month)).map((day) => join(root, year, month, day)),
    ),
  );
  for (const folder of days.toSorted().reverse().slice(0, codexDays)) {
    const found = entries(folder).find((name) => name.endsWith(`-${sessionId}.jsonl`));
    if (found !== undefined) return join(folder, found);
  }
  return undefined;
}

function firstIn(root: string, find: (folder: string) => string | undefined): string | undefined {
  for (const name of entries(root)) {
    const found = find(join(root, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

function entries(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // the runtime has never run here
  }
}
