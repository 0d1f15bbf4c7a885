import { aheadBehind } from "../../core/git/ancestry.ts";
import { currentBranch } from "../../core/git/branch.ts";
import { listSnapshots } from "../../core/git/hook-snapshots.ts";
import { changedFiles } from "../../core/git/work-at-risk.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import type { TownAccess } from "../town-access.ts";
import { baseRevision } from "./polecat-worktree.ts";
import { overlayFiles } from "./sandbox-setup.ts";

/** What is on an agent's hook, and how far it is (spec/04 §2.10). */
export interface HookView {
  readonly agent: string;
  readonly state: string;
  readonly hook_state: string;
  readonly seq: number;
  readonly bead: string | null;
  readonly title: string;
  readonly status: string;
  readonly priority: number | null;
  readonly workflow: string | null;
  readonly progress: string | null;
  readonly branch: string | null;
  readonly ahead: number | null;
  readonly behind: number | null;
  readonly dirty: readonly string[];
  readonly snapshot: { readonly seq: number; readonly time: number; readonly reason: string } | null;
}

export async function hookView(access: TownAccess, address: string): Promise<HookView> {
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
    workflow: null,
    progress: null,
    ...(await sandboxView(access, address, agent?.baseBranch ?? "")),
  };
}

type SandboxView = Pick<HookView, "branch" | "ahead" | "behind" | "dirty" | "snapshot">;

async function sandboxView(access: TownAccess, address: string, base: string): Promise<SandboxView> {
  const nothing: SandboxView = { branch: null, ahead: null, behind: null, dirty: [], snapshot: null };
  const parsed = parseAddress(address);
  const worktree = parsed === undefined ? undefined : agentHome(access.town, parsed);
  if (parsed === undefined || worktree === undefined) return nothing;
  if (parsed.role !== "polecat" && parsed.role !== "crew") return nothing;
  if (!(await isValidWorktree(worktree))) return nothing;
  const rig = access.town.rig(parsed.rig);
  const place = `${parsed.role === "crew" ? "crew" : "polecats"}/${parsed.name}`;
  const [newest] = await listSnapshots(worktree, place);
  const counts = await aheadBehind(
    worktree,
    await baseRevision(rig, base || rig.defaultBranch),
    "HEAD",
  ).catch(
    () => undefined, // no such base any more: the rest is still worth showing
  );
  return {
    branch: (await currentBranch(worktree)) ?? null,
    ahead: counts?.ahead ?? null,
    behind: counts?.behind ?? null,
    dirty: (await changedFiles(worktree, overlayFiles(rig))).map((file) => file.path),
    snapshot: newest === undefined ? null : { seq: newest.seq, time: newest.time, reason: newest.reason },
  };
}
