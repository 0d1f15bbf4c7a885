import { existsSync } from "node:fs";
import { trackedIds } from "../../core/convoys/convoy-snapshot.ts";
import { type LegFields, legOf } from "../../core/convoys/leg.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { TownAccess } from "../town-access.ts";
import type { Dispatch } from "./dispatch-polecat.ts";
import { slingBead } from "./sling-bead.ts";

export interface LegState {
  readonly leg: LegFields;
  readonly bead: Bead;
  readonly hasOutput: boolean;
}

/** How far a convoy run is (spec/02 §12.5). */
export interface SynthesisState {
  readonly convoy: Bead;
  readonly legs: readonly LegState[];
  readonly synthesis: Bead;
}

/** `E_NOT_RUN` for a convoy that no formula made, or one without a synthesis. */
export async function readSynthesis(ledger: Ledger, convoy: Bead): Promise<SynthesisState> {
  const ids = (await trackedIds(ledger, [convoy])).get(convoy.id) ?? [];
  const beads = [...(await ledger.getMany(ids)).values()];
  const synthesis = beads.find(({ labels }) => labels.includes("synthesis"));
  if (synthesis === undefined)
    throw new GtError("E_NOT_RUN", `${convoy.id} has no synthesis`, {
      why: ["it was not made by gt formula run, or its formula has none"],
      hint: `gt convoy status ${convoy.id}`,
    });
  const legs = beads.flatMap((bead) => {
    const leg = legOf(bead);
    return leg === undefined || bead.id === synthesis.id
      ? []
      : [{ leg, bead, hasOutput: existsSync(leg.output_path) }];
  });
  return { convoy, legs, synthesis };
}

/** Legs that the synthesis would have to do without. */
export const unfinishedLegs = ({ legs }: SynthesisState): readonly LegState[] =>
  legs.filter(({ bead }) => bead.status !== "closed");

/**
 * Slings the synthesis now. With `force` it no longer waits for unfinished legs, and its text names them; else they are
 * `E_REFUSED`.
 */
export async function startSynthesis(
  access: TownAccess,
  state: SynthesisState,
  options: { readonly force: boolean },
): Promise<Dispatch> {
  const { synthesis, convoy } = state;
  const missing = unfinishedLegs(state);
  if (missing.length > 0 && !options.force)
    throw new GtError("E_REFUSED", `${missing.length} of ${state.legs.length} legs are not complete`, {
      why: missing.map(({ leg, bead }) => `${leg.id}: ${bead.id} is ${bead.status}`),
      hint: `gt synthesis start ${convoy.id} --force`,
    });
  if (synthesis.status === "closed")
    throw new GtError("E_REFUSED", `${synthesis.id} is closed already`, { hint: `bd show ${synthesis.id}` });
  if (missing.length > 0) await access.ledger.write(access.actor, goingWithout(synthesis, missing));
  const bead = (await access.ledger.get(synthesis.id)) ?? synthesis;
  return slingBead(access, bead, { kind: "rig", rig: bead.scope }, { convoy: "none" });
}

function goingWithout(synthesis: Bead, missing: readonly LegState[]): readonly Operation[] {
  const note = missing.map(({ leg, bead }) => `- ${leg.id} (${bead.id}, ${bead.status})`).join("\n");
  return [
    { op: "expect", id: synthesis.id, expected: { rev: synthesis.rev } },
    ...missing.map(
      ({ bead }): Operation => ({
        op: "removeDependency",
        from: synthesis.id,
        to: bead.id,
        type: "blocks",
      }),
    ),
    {
      op: "update",
      id: synthesis.id,
      fields: {
        description: `${synthesis.description}\n\nStarted before these legs were complete; their findings may be missing:\n${note}`,
      },
    },
  ];
}
