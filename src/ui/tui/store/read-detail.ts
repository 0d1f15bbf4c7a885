import { open } from "node:fs/promises";
import type { AgentView } from "../../../agents/patrols/agent-health.ts";
import { lastOutput } from "../../../agents/patrols/last-output.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import { formatAge } from "../../../core/duration.ts";
import type { Change, Ledger } from "../../../core/ledger/ledger.ts";
import type { RunRecord } from "../../../core/merge/run-record.ts";
import { type DetailSection, type RowDetail, screenSection } from "./town-data.ts";

const historyShown = 12;
const textShown = 14;
const outputShown = 40;
const outputBytes = 8192;
const screenShown = 20;

/** A bead with what it says, what it waits for, and what happened to it. */
export async function readBeadDetail(
  ledger: Ledger,
  id: string,
  now: number,
): Promise<RowDetail | undefined> {
  const bead = await ledger.get(id);
  if (bead === undefined) return undefined;
  const [needs, needed, comments, page] = await Promise.all([
    ledger.dependencies(id),
    ledger.dependents(id),
    ledger.comments(id),
    ledger.changes(0, { bead: id, limit: 1000 }),
  ]);
  const others = await ledger.getMany([...needs.map(({ to }) => to), ...needed.map(({ from }) => from)]);
  const named = (other: string, type: string) => {
    const found = others.get(other);
    return `${other}  ${type}  ${found === undefined ? "" : `${found.status}  ${found.title}`}`.trimEnd();
  };
  return {
    id,
    sections: withText([
      { title: "Description", lines: beginning(bead.description) },
      { title: "Acceptance", lines: beginning(bead.acceptanceCriteria) },
      { title: "Notes", lines: beginning(bead.notes) },
      { title: "Needs", lines: needs.map(({ to, type }) => named(to, type)) },
      { title: "Needed by", lines: needed.map(({ from, type }) => named(from, type)) },
      {
        title: "Comments",
        lines: comments.map(
          ({ author, text, createdAt }) => `${formatAge(now - createdAt)}  ${author}: ${text}`,
        ),
      },
      {
        title: "History",
        lines: page.changes
          .slice(-historyShown)
          .reverse()
          .map((change) => `${formatAge(now - change.createdAt).padEnd(5)} ${historyText(change)}`),
      },
    ]),
  };
}

/** Enough to know what a long text is about; the rest is a key away. */
function beginning(text: string): readonly string[] {
  const lines = text.trimEnd().split("\n");
  return lines.length <= textShown ? lines : [...lines.slice(0, textShown - 1), "…"];
}

function historyText({ type, actor, oldValue, newValue }: Change): string {
  const status = newValue?.["status"];
  const before = oldValue?.["status"];
  const change = typeof status === "string" && typeof before === "string" ? ` ${before} -> ${status}` : "";
  return `${type}${change}  ${actor}`;
}

/** The gates of a merge request's run, and the end of what the newest of them wrote. */
export async function readRunDetail(run: RunRecord, id: string, now: number): Promise<RowDetail> {
  const newest = run.probes.findLast((probe) => probe.verdict === undefined) ?? run.probes.at(-1);
  const output = newest === undefined ? [] : await lastLines(newest.log);
  return {
    id,
    sections: withText([
      {
        title: "Gates",
        lines: run.probes.map(({ prefix, attempt, gate, verdict, ms, startedAt }) => {
          const what = prefix === 0 ? "base" : `first ${prefix} of ${run.ids.length}`;
          const time = `${((ms ?? now - startedAt) / 1000).toFixed(1)}s`;
          return `${(verdict ?? "running").padEnd(8)} ${what}  ${gate}${attempt > 1 ? ` (attempt ${attempt})` : ""}  ${time}`;
        }),
      },
      { title: newest === undefined ? "Output" : `Output of ${newest.gate}`, lines: output },
    ]),
  };
}

/** The end of what an agent's session shows, or showed when it ended. */
export async function readScreenDetail(
  access: Pick<TownAccess, "town" | "host">,
  agent: AgentView,
): Promise<RowDetail> {
  const lines = (await lastOutput(access, agent)).slice(-screenShown);
  return { id: agent.address, sections: withText([{ title: screenSection, lines }]) };
}

/** The end of a log that may still grow; nothing when it is not there. */
async function lastLines(path: string): Promise<readonly string[]> {
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    const start = Math.max(0, size - outputBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, outputBytes)), {
      position: start,
    });
    const lines = buffer.subarray(0, bytesRead).toString("utf8").trimEnd().split("\n");
    return (start > 0 ? lines.slice(1) : lines).slice(-outputShown);
  } catch {
    return []; // the run has not begun to write, or its logs were cleared
  }
}

function withText(sections: readonly DetailSection[]): readonly DetailSection[] {
  return sections.filter(({ lines }) => lines.some((line) => line.trim() !== ""));
}
