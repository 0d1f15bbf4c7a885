import { existsSync } from "node:fs";
import { join } from "node:path";
import type { HookState } from "../../core/ledger/bead.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import type { TownAccess } from "../town-access.ts";
import type { SandboxView } from "./sandbox-view.ts";

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
    ...(await sandboxOf(access, address, agent?.baseBranch ?? "")),
  };
}

/** Agents ask at each prompt, and many have no sandbox: git's code is loaded only for one that is there. */
async function sandboxOf(access: TownAccess, address: string, base: string): Promise<SandboxView> {
  const nothing: SandboxView = { branch: null, ahead: null, behind: null, dirty: [], snapshot: null };
  const parsed = parseAddress(address);
  if (parsed === undefined || (parsed.role !== "polecat" && parsed.role !== "crew")) return nothing;
  const worktree = agentHome(access.town, parsed);
  if (worktree === undefined || !existsSync(join(worktree, ".git"))) return nothing;
  const { sandboxView } = await import("./sandbox-view.ts");
  const rig = access.town.rig(parsed.rig);
  const place = `${parsed.role === "crew" ? "crew" : "polecats"}/${parsed.name}`;
  return (await sandboxView({ worktree, rig, place, base: base || rig.defaultBranch })) ?? nothing;
}
