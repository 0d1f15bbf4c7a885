import { agentHome, parseAddress } from "../../core/town/address.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { TownAccess } from "../town-access.ts";
import { hookView } from "./hook-view.ts";

/** Where an agent was when its context was about to be lost; a runtime row by address (spec/02 §7.9). */
export interface Checkpoint {
  readonly bead: string;
  readonly branch: string;
  /** First line of the newest commit, with its short hash. */
  readonly lastCommit: string;
  readonly modified: readonly string[];
  /** What came next in its workflow. */
  readonly step?: string;
  /** Workflow and step as the agent named them. */
  readonly molecule?: string;
  readonly stepId?: string;
  readonly notes?: string;
  readonly reason: string;
  readonly run: string;
  readonly at: number;
}

const table = "checkpoints";
const maxModified = 20;
/** Older ones say nothing about now. */
export const checkpointTtlMs = 24 * 3_600_000;

/** Writes down where the agent is. Agents without a worktree have nothing to write down. */
export async function saveCheckpoint(
  access: TownAccess,
  address: string,
  saved: { readonly reason: string; readonly run: string } & Pick<
    Checkpoint,
    "molecule" | "stepId" | "notes"
  >,
): Promise<void> {
  const parsed = parseAddress(address);
  if (parsed?.role !== "polecat" && parsed?.role !== "crew") return;
  const view = await hookView(access, address);
  const checkpoint: Checkpoint = {
    bead: view.bead ?? "",
    branch: view.branch ?? "",
    lastCommit: await newestCommit(agentHome(access.town, parsed)),
    modified: view.dirty.slice(0, maxModified),
    ...(view.molecule === undefined
      ? {}
      : { step: view.molecule.next_action, molecule: view.molecule.attached_molecule }),
    ...(await ownWords(access, address, view.bead ?? "")),
    ...saved,
    at: access.clock.now(),
  };
  await access.ledger.write(access.actor, [{ op: "putRow", table, key: address, value: checkpoint }]);
}

/** What the agent has said about this bead stays when only the facts are written anew. */
async function ownWords(
  { ledger }: TownAccess,
  address: string,
  bead: string,
): Promise<Pick<Checkpoint, "molecule" | "stepId" | "notes">> {
  const value = (await ledger.row<Checkpoint>(table, address))?.value;
  if (value?.bead !== bead) return {};
  return {
    ...(value.molecule === undefined ? {} : { molecule: value.molecule }),
    ...(value.stepId === undefined ? {} : { stepId: value.stepId }),
    ...(value.notes === undefined ? {} : { notes: value.notes }),
  };
}

/** The agent's checkpoint, however old and whatever it is about. */
export async function lastCheckpoint(ledger: Ledger, address: string): Promise<Checkpoint | undefined> {
  return (await ledger.row<Checkpoint>(table, address))?.value;
}

/** The assignment is over, or the agent does not want to be reminded. */
export const droppingCheckpoint = (address: string): Operation => ({ op: "deleteRow", table, key: address });

/** The agent's checkpoint, when it is about the bead that is on its hook now and not too old. */
export async function readCheckpoint(
  ledger: Ledger,
  address: string,
  now: { readonly bead: string; readonly time: number },
): Promise<Checkpoint | undefined> {
  const row = await ledger.row<Checkpoint>(table, address);
  if (row === undefined || row.value.bead !== now.bead) return undefined;
  return now.time - row.value.at < checkpointTtlMs ? row.value : undefined;
}

async function newestCommit(worktree: string | undefined): Promise<string> {
  if (worktree === undefined) return "";
  const { runGit } = await import("../../core/git/git.ts");
  // No repository, or one without a commit: nothing to name.
  return runGit(worktree, ["log", "-1", "--format=%h %s"]).catch(() => "");
}
