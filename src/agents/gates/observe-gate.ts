import { openGit } from "../../core/git/git.ts";
import { moleculeAbove } from "../../core/formulas/molecule.ts";
import { moleculeRecord } from "../../core/formulas/molecule-record.ts";
import { globToRegExp } from "../../core/glob.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { RunGh } from "../github/run-gh.ts";
import { conditionFacts } from "./observe-condition.ts";
import { type GateFacts, gateRecord } from "./decide-gate.ts";
import { discoverRun, pullRequestFacts, runFacts } from "./github-facts.ts";
import type { RunWish } from "./workflow-run.ts";

/** Runs may begin shortly before their gate is armed (spec/02 §14.2). */
const earlyMs = 5 * 60_000;

/** Where gates look. */
export interface GateWorld {
  readonly ledger: Ledger;
  /** Directory of the repository that a scope's work is done in; undefined without one. */
  repository(scope: string): string | undefined;
  /** Worktree of an agent; undefined for one without. */
  home?(address: string): string | undefined;
  /** gh in that directory. */
  gh(directory: string): RunGh;
}

/** What can be seen now of the thing that a gate waits for. Never throws for what cannot be seen. */
export async function observeGate(world: GateWorld, gate: Bead): Promise<GateFacts> {
  try {
    return await observe(world, gate);
  } catch (error) {
    if (!(error instanceof GtError)) throw error;
    return { kind: "unknown", why: [error.message, ...error.why].join(": ") };
  }
}

async function observe(world: GateWorld, gate: Bead): Promise<GateFacts> {
  switch (gate.awaitType) {
    case "":
    case "human":
      return { kind: "person" };
    case "timer":
      return { kind: "clock" };
    case "bead": {
      const id = gate.awaitId.split(":").at(-1) ?? "";
      return { kind: "bead", id, bead: await world.ledger.get(id) };
    }
    case "mail":
      return { kind: "mail", subject: await subjectOfMail(world.ledger, gate) };
    case "gh:pr":
      return pullRequestFacts(ghFor(world, gate), gate.awaitId);
    case "gh:run": {
      if (isRunNumber(gate.awaitId)) return runFacts(ghFor(world, gate), gate.awaitId);
      const run = await discoverRun(ghFor(world, gate), await runWish(world, gate));
      return { kind: "run", run: run ?? null };
    }
    case "condition": {
      const [held] = await blockedBy(world.ledger, gate);
      return conditionFacts(world.ledger, gate, held, await worktreeOf(world, gate));
    }
    default:
      return { kind: "unknown", why: `${gate.awaitType} gates cannot be checked here` };
  }
}

/** Whether a `gh:run` gate names a run, not a workflow. */
export function isRunNumber(awaitId: string): boolean {
  return /^\d+$/.test(awaitId);
}

/** gh where the gate's work is done. Throws `E_GH` where there is no repository. */
export function ghFor(world: GateWorld, gate: Bead): RunGh {
  const directory = world.repository(gate.scope);
  if (directory !== undefined) return world.gh(directory);
  throw new GtError("E_GH", `${gate.id}: there is no git repository in which gh could look`);
}

/** Which run the gate means: of the branch of whoever works on what it blocks, else of the branch checked out. */
export async function runWish(
  world: GateWorld,
  gate: Bead,
  options: { readonly branch?: string; readonly createdAfter?: number } = {},
): Promise<RunWish> {
  const directory = world.repository(gate.scope);
  const branch =
    options.branch ??
    ((await branchOfWorker(world.ledger, gate)) || (await askGit(directory, ["branch", "--show-current"])));
  return {
    workflow: gate.awaitId,
    branch,
    commit: await askGit(directory, [
      "rev-parse",
      "--verify",
      "--end-of-options",
      `${branch || "HEAD"}^{commit}`,
    ]),
    createdAfter: Math.max(options.createdAfter ?? 0, gateRecord(gate).armedAt - earlyMs),
  };
}

async function branchOfWorker(ledger: Ledger, gate: Bead): Promise<string> {
  for (const address of await workersOf(ledger, gate)) {
    const agent = await ledger.agent(address);
    if (agent !== undefined && agent.branch !== "") return agent.branch;
  }
  return "";
}

/** Who does what the gate holds back, and who works by the molecule that it is part of. */
async function workersOf(ledger: Ledger, gate: Bead): Promise<readonly string[]> {
  const held = await blockedBy(ledger, gate);
  const root = await moleculeAbove(ledger, gate);
  const base = root && moleculeRecord(root)?.base;
  const guided = base ? await ledger.get(base) : undefined;
  const beads = [...held, ...(root === undefined ? [] : [root]), ...(guided === undefined ? [] : [guided])];
  return [...new Set(beads.map(({ assignee }) => assignee))].filter((address) => address !== "");
}

/** Where the work is done that the gate holds back; its repository when nobody does it yet. */
async function worktreeOf(world: GateWorld, gate: Bead): Promise<string | undefined> {
  for (const address of await workersOf(world.ledger, gate)) {
    const home = world.home?.(address);
    if (home !== undefined) return home;
  }
  return world.repository(gate.scope);
}

/** The beads that a gate holds back. */
export async function blockedBy(ledger: Ledger, gate: Bead): Promise<readonly Bead[]> {
  const edges = await ledger.dependents(gate.id);
  const ids = edges.filter(({ type }) => type === "blocks").map(({ from }) => from);
  return [...(await ledger.getMany(ids)).values()];
}

async function askGit(directory: string | undefined, args: readonly string[]): Promise<string> {
  if (directory === undefined) return "";
  try {
    return (await openGit(directory).raw([...args])).trim();
  } catch {
    // No commit yet, or a branch that is not here: gh may know it all the same.
    return "";
  }
}

async function subjectOfMail(ledger: Ledger, gate: Bead): Promise<string | undefined> {
  const workers = await workersOf(ledger, gate);
  const pattern = globToRegExp(gate.awaitId.toLowerCase());
  for (const address of new Set([...gate.waiters, ...workers])) {
    if (address === "") continue;
    const mails = await ledger.find({
      type: "message",
      assignee: address,
      createdAfter: gateRecord(gate).armedAt,
    });
    const found = mails.find(({ title }) => pattern.test(title.toLowerCase()));
    if (found !== undefined) return found.title;
  }
  return undefined;
}
