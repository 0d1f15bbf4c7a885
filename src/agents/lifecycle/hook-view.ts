import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ChangedFile } from "../../core/git/changed-files.ts";
import type { Bead, HookState } from "../../core/ledger/bead.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import type { Rig, Town } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { attachmentOf } from "./attachment.ts";
import type { SandboxView } from "./sandbox-view.ts";
import type { WorkflowView } from "./workflow-view.ts";

/** What is on an agent's hook, and how far it is (spec/04 §2.10). */
export interface HookView extends SandboxView {
  readonly agent: string;
  readonly state: string;
  readonly hook_state: HookState;
  readonly seq: number;
  readonly bead: string | null;
  readonly title: string;
  readonly status: string;
  readonly priority: number | null;
  readonly workflow: string | null;
  readonly progress: string | null;
  /** By what the bead is worked on; absent when that is the bead alone. */
  readonly molecule?: WorkflowView;
}

/** `changes`: the uncommitted files, if somebody has begun to look already. */
export async function hookView(
  access: TownAccess,
  address: string,
  changes = changesOf(access.town, address),
): Promise<HookView> {
  const agent = await access.ledger.agent(address);
  const id = agent?.hookBead ?? "";
  const bead = id === "" ? undefined : await access.ledger.get(id);
  return {
    agent: address,
    state: agent?.state ?? "none",
    hook_state: agent?.hookState ?? "",
    seq: agent?.hookSeq ?? 0,
    bead: bead?.id ?? null,
    title: bead?.title ?? "",
    status: bead?.status ?? "empty",
    priority: bead?.priority ?? null,
    ...(await workflowOf(access, bead)),
    ...(await viewOf(sandboxOf(access.town, address), agent?.baseBranch ?? "", changes)),
  };
}

/** Agents ask at each prompt: most beads follow no molecule, and then nothing is loaded. */
async function workflowOf(
  access: TownAccess,
  bead: Bead | undefined,
): Promise<Pick<HookView, "workflow" | "progress" | "molecule">> {
  const isBare =
    bead === undefined || (attachmentOf(bead).molecule === undefined && bead.type !== "molecule");
  const view = isBare ? undefined : await (await import("./workflow-view.ts")).workflowView(access, bead);
  if (view === undefined) return { workflow: null, progress: null };
  return { workflow: view.attached_formula, progress: `${view.done}/${view.total}`, molecule: view };
}

/** The uncommitted files of an agent's sandbox; none where there is no sandbox. */
export function changesOf(town: Town, address: string): Promise<readonly ChangedFile[]> {
  const changes = lookIn(sandboxOf(town, address));
  changes.catch(() => undefined); // whoever waits for them is told; a caller that failed before does not wait
  return changes;
}

async function lookIn(sandbox: Sandbox | undefined): Promise<readonly ChangedFile[]> {
  if (sandbox === undefined) return [];
  const [{ changedFiles }, { overlayFiles }] = await Promise.all([
    import("../../core/git/changed-files.ts"),
    import("./overlay-files.ts"),
  ]);
  return changedFiles(sandbox.worktree, overlayFiles(sandbox.rig));
}

interface Sandbox {
  readonly worktree: string;
  readonly rig: Rig;
  /** Where its snapshots are kept, e.g. `polecats/nux`. */
  readonly place: string;
}

function sandboxOf(town: Town, address: string): Sandbox | undefined {
  const parsed = parseAddress(address);
  if (parsed === undefined || (parsed.role !== "polecat" && parsed.role !== "crew")) return undefined;
  const worktree = agentHome(town, parsed);
  if (worktree === undefined || !existsSync(join(worktree, ".git"))) return undefined;
  const place = `${parsed.role === "crew" ? "crew" : "polecats"}/${parsed.name}`;
  return { worktree, rig: town.rig(parsed.rig), place };
}

const nothing: SandboxView = { branch: null, ahead: null, behind: null, dirty: [], snapshot: null };

/** Agents ask at each prompt, and many have no sandbox: git's code is loaded only for one that is there. */
async function viewOf(
  sandbox: Sandbox | undefined,
  base: string,
  changes: Promise<readonly ChangedFile[]>,
): Promise<SandboxView> {
  if (sandbox === undefined) return nothing;
  const { sandboxView } = await import("./sandbox-view.ts");
  const view = await sandboxView({ ...sandbox, base: base || sandbox.rig.defaultBranch, changes });
  return view ?? nothing;
}
