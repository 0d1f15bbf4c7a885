import { GtError } from "../../core/gt-error.ts";
import type { AgentState, Bead } from "../../core/ledger/bead.ts";
import { livesForItsBead } from "./agent-session.ts";
import { attemptsOf, metadataText } from "./attachment.ts";

/** The agent on whose hook the bead is. */
export interface Holder {
  readonly address: string;
  readonly state: AgentState | undefined;
  /** `unknown` when the host could not be asked; then the holder is assumed alive (spec/04 §2.5). */
  readonly session: "alive" | "dead" | "unknown";
}

export interface AdmissionFacts {
  /** The id as typed, for messages. */
  readonly id: string;
  readonly bead: Bead | undefined;
  /** Beads that block it and are still open. */
  readonly blockers: readonly string[];
  /** Molecule that is attached to it and not complete. */
  readonly workflow?: string | undefined;
  readonly holder: Holder | undefined;
  /** Name of the rig that owns the bead's prefix; undefined for town beads. */
  readonly owningRig: string | undefined;
  /** Address of the agent, or the rig in which any polecat may take it. */
  readonly target: AdmissionTarget;
  readonly force: boolean;
  readonly maxRespawns: number;
  readonly now: number;
}

export type AdmissionTarget =
  | { readonly kind: "rig"; readonly rig: string }
  /** `shorthand`: typed as `<rig>/<n>`, which never counts as "the same target". */
  | { readonly kind: "polecat"; readonly rig: string; readonly address: string; readonly shorthand: boolean }
  | { readonly kind: "agent"; readonly address: string };

export type Admission =
  | { readonly verdict: "dispatch"; readonly takeOver?: string; readonly warnings: readonly string[] }
  /** The same sling was done before: nothing to do (spec/04 §2.5, same-target rule). */
  | { readonly verdict: "already"; readonly agent: string };

const notWork = new Set([
  "agent",
  "role",
  "rig",
  "message",
  "merge-request",
  "gate",
  "slot",
  "queue",
  "channel",
  "group",
  "event",
  "escalation",
]);

/**
 * Whether the bead may be dispatched to the target: the checks of spec/04 §2.5 that concern the bead, in their order.
 * Pure; throws the first failed check as a `GtError`.
 */
export function admitBead(facts: AdmissionFacts): Admission {
  const { bead, id, force, target } = facts;
  if (bead === undefined)
    throw new GtError("E_BEAD_NOT_FOUND", `no bead ${id}`, { hint: "bd list --status open" });
  if (notWork.has(bead.type))
    throw new GtError("E_NOT_WORK", `${bead.id} is a ${bead.type}, not work`, { hint: "bd ready" });
  if (/^(--|-\S)/.test(bead.title))
    throw new GtError("E_BAD_TITLE", `the title of ${bead.id} looks like a command-line flag`, {
      hint: `bd update ${bead.id} --title "..."`,
    });
  if (bead.status === "closed" || bead.status === "tombstone")
    throw new GtError("E_CLOSED", `${bead.id} is closed; reopen it first`, { hint: `bd reopen ${bead.id}` });

  const forced = `gt sling ${bead.id} ${targetText(target)} --force`;
  if (!force && (bead.status === "deferred" || (bead.deferUntil ?? 0) > facts.now))
    throw new GtError("E_DEFERRED", `${bead.id} is deferred`, {
      hint: `bd update ${bead.id} --status open`,
      why: [`or: ${forced}`],
    });
  if (!force && target.kind !== "agent" && facts.blockers.length > 0)
    throw new GtError("E_BLOCKED", `${bead.id} is blocked by ${facts.blockers.join(", ")}`, {
      hint: `bd dep tree ${bead.id}`,
      details: { blockers: facts.blockers },
    });

  const holding = admitHolder(facts, bead, forced);
  if (holding.verdict === "already") return holding;

  const awaiting = metadataText(bead, "awaiting_merge");
  if (!force && awaiting !== "")
    throw new GtError("E_AWAITING_MERGE", `${bead.id} has open merge request ${awaiting}`, {
      hint: `gt mq status ${awaiting}`,
    });
  if (!force && target.kind !== "agent" && facts.owningRig !== target.rig)
    throw new GtError(
      "E_CROSS_RIG",
      facts.owningRig === undefined
        ? `${bead.id} belongs to the town, not to rig ${target.rig}`
        : `${bead.id} belongs to rig ${facts.owningRig}, not to ${target.rig}`,
      {
        why: [`to do it in ${target.rig} all the same: ${forced}`],
        hint: facts.owningRig === undefined ? forced : `gt sling ${bead.id} ${facts.owningRig}`,
      },
    );
  const { workflow } = facts;
  if (!force && workflow !== undefined && bead.assignee !== "" && holding.takeOver === undefined)
    throw new GtError("E_HAS_WORKFLOW", `${bead.id} has workflow ${workflow} attached`, {
      hint: forced,
      why: ["--force replaces it", "--hook-raw-bead leaves the workflow out"],
    });
  if (!force && target.kind !== "agent" && attemptsOf(bead) >= facts.maxRespawns)
    throw new GtError(
      "E_RESPAWN_LIMIT",
      `${bead.id} was given to polecats ${attemptsOf(bead)} times without being finished`,
      { hint: `gt sling respawn-reset ${bead.id}` },
    );
  return holding;
}

function admitHolder(facts: AdmissionFacts, bead: Bead, forced: string): Admission {
  const { holder, target, force } = facts;
  const warnings: string[] = [];
  // A bead that waits for its merge keeps its assignee for attribution only.
  if (holder === undefined || metadataText(bead, "awaiting_merge") !== "") {
    if (bead.status === "blocked" && !force)
      throw new GtError("E_BLOCKED", `${bead.id} is marked as blocked`, {
        hint: `bd update ${bead.id} --status open`,
      });
    return { verdict: "dispatch", warnings };
  }
  if (!force && (holder.session !== "dead" || keepsItsHook(target)) && isSameTarget(holder.address, target))
    return { verdict: "already", agent: holder.address };
  if (force) return { verdict: "dispatch", takeOver: holder.address, warnings };
  const mayReturn =
    holder.state === "spawning" || holder.state === "awaiting-gate" || holder.state === "paused";
  if (
    holder.session === "dead" &&
    livesForItsBead(holder.address) &&
    !mayReturn &&
    bead.status !== "pinned" &&
    bead.status !== "blocked"
  ) {
    warnings.push(`${holder.address} held ${bead.id}, but its session is dead; taking it over`);
    return { verdict: "dispatch", takeOver: holder.address, warnings };
  }
  throw new GtError(
    "E_ALREADY_HOOKED",
    `${bead.id} is on the hook of ${holder.address}; --force takes it over`,
    { hint: forced, details: { agent: holder.address } },
  );
}

/** Without a session, crew and Mayor still have what is on their hook: they find it at their next start. */
const keepsItsHook = (target: AdmissionTarget): boolean =>
  target.kind === "agent" && !target.address.startsWith("deacon/dogs");

function isSameTarget(holder: string, target: AdmissionTarget): boolean {
  switch (target.kind) {
    case "rig":
      return holder.startsWith(`${target.rig}/polecats/`);
    case "polecat":
      return !target.shorthand && holder === target.address;
    case "agent":
      return holder === target.address;
  }
}

const targetText = (target: AdmissionTarget): string => (target.kind === "rig" ? target.rig : target.address);
