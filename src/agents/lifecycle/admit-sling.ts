import type { Bead } from "../../core/ledger/bead.ts";
import { numberSetting } from "../../core/town/setting.ts";
import type { TownAccess } from "../town-access.ts";
import { sessionLife } from "./agent-session.ts";
import { attachmentOf, metadataText } from "./attachment.ts";
import { type Admission, type AdmissionTarget, admitBead, type Holder } from "./bead-admission.ts";
import type { SlingOptions } from "./sling-request.ts";

/** Reads what admission asks about the bead, and decides (spec/04 §2.5). */
export async function admitSling(
  access: TownAccess,
  id: string,
  target: AdmissionTarget,
  options: SlingOptions,
): Promise<Admission> {
  const { ledger, town } = access;
  const rig = target.kind === "agent" ? town.rigOfBead(id)?.name : target.rig;
  const settings = rig === undefined ? town.settings() : town.rigSettings(rig);
  const bead = await ledger.get(id);
  const [blocked] = bead?.isBlocked === true ? await ledger.blocked({ ids: [id] }) : [];
  return admitBead({
    id,
    bead,
    blockers: blocked?.blockedBy ?? [],
    workflow: options.raw === true ? undefined : bead && (await openWorkflow(access, bead)),
    holder: bead === undefined ? undefined : await holderOf(access, bead),
    owningRig: town.rigOfBead(id)?.name,
    target,
    force: options.force === true,
    maxRespawns: numberSetting(settings, "operational.witness.max_bead_respawns"),
    now: access.clock.now(),
  });
}

async function openWorkflow({ ledger }: TownAccess, bead: Bead): Promise<string | undefined> {
  const { molecule } = attachmentOf(bead);
  const root = molecule === undefined ? undefined : await ledger.get(molecule);
  return root === undefined || root.status === "closed" ? undefined : root.id;
}

const heldStatuses = new Set(["hooked", "in_progress", "pinned", "blocked"]);

async function holderOf(access: TownAccess, bead: Bead): Promise<Holder | undefined> {
  if (bead.assignee === "" || !heldStatuses.has(bead.status)) return undefined;
  if (metadataText(bead, "awaiting_merge") !== "") return undefined;
  const agent = await access.ledger.agent(bead.assignee);
  // Somebody without a row of ours (a person, an outside tool) is never taken for dead.
  const session = agent === undefined ? "unknown" : await sessionLife(access, bead.assignee);
  return { address: bead.assignee, state: agent?.state, session };
}
