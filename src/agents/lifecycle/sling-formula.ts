import { burning } from "../../core/formulas/burn.ts";
import { overlayPlaces } from "../../core/formulas/find-overlay.ts";
import { type Instance, instantiate } from "../../core/formulas/instantiate.ts";
import { newMoleculeId } from "../../core/formulas/pour.ts";
import { workValues } from "../../core/formulas/work-values.ts";
import { GtError } from "../../core/gt-error.ts";
import { parseAddress } from "../../core/town/address.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import type { Dispatch } from "./dispatch-polecat.ts";
import { isDeferred } from "./enqueue-dispatch.ts";
import { slingBead } from "./sling-bead.ts";
import type { SlingOptions } from "./sling-request.ts";
import type { SlingTarget } from "./sling-target.ts";
import { isTrusted, slingLibrary } from "./work-formula.ts";

/** Whether the word names a formula, for the rig that the last word names. */
export function isFormula(access: TownAccess, word: string, last: string | undefined): boolean {
  if (!/^[a-z0-9][a-z0-9._@-]*$/.test(word)) return false;
  const rig = access.town.findRig(last?.split("/")[0] ?? "") ?? ownRig(access);
  return slingLibrary(access, rig).find(word) !== undefined;
}

const ownRig = (access: TownAccess): Rig | undefined =>
  access.town.findRig(parseAddress(access.actor)?.rig ?? "");

/**
 * The workflow is the work (spec/04 §2.9): a wisp of it is made and slung like a bead. When the sling fails, the wisp is
 * burned; one that a killed process left behind is garbage like any wisp that nobody holds.
 */
export async function slingFormula(
  access: TownAccess,
  plan: { readonly formula: string; readonly target: SlingTarget | undefined },
  options: SlingOptions,
): Promise<Dispatch> {
  const { target } = plan;
  const rig = target !== undefined && "rig" in target ? access.town.rig(target.rig) : ownRig(access);
  if (target?.kind === "rig" && isDeferred(access.town, options))
    throw new GtError("E_FORMULA_DEFER", "the scheduler queues beads, not workflows", {
      hint: `gt sling ${plan.formula} --on <bead> ${target.rig}`,
    });
  if (target === undefined && rig === undefined && access.actor === "overseer")
    throw new GtError("E_TARGET", `say where ${plan.formula} shall run`, {
      hint: `gt sling ${plan.formula} <rig>`,
    });
  const made = await wispOf(access, plan.formula, rig, options);
  const { root, proto } = made;
  if (options.dryRun === true)
    return {
      ...{ bead: root, title: proto.title, agent: rig?.name ?? access.actor, reused: false },
      ...{ branch: "", base: "", session: "", runtime: "", noop: false, warnings: proto.warnings },
    };
  await access.ledger.write(access.actor, made.operations);
  const wisp = await access.ledger.get(root);
  if (wisp === undefined) throw new GtError("E_NOT_FOUND", `${root} is gone`, { hint: "bd mol wisp list" });
  try {
    return await slingBead(access, wisp, target, { ...options, raw: true, convoy: "none" });
  } catch (error) {
    await access.ledger.write(access.actor, (await burning(access.ledger, wisp)).operations);
    throw error;
  }
}

/** Its own id stands for the issue where the formula asks for one. */
async function wispOf(
  access: TownAccess,
  name: string,
  rig: Rig | undefined,
  { vars = {}, baseBranch }: SlingOptions,
): Promise<Instance> {
  const { ledger, random, town, actor, clock } = access;
  const library = slingLibrary(access, rig);
  const file = library.require(name);
  const now = clock.now();
  const scope = rig?.name ?? "town";
  const root = await newMoleculeId(ledger, random, scope, "vapor");
  return instantiate(ledger, random, {
    ...{ file, library, phase: "vapor", scope, now, root, overlays: overlayPlaces(town, rig) },
    values: [
      ...workValues(file.formula, { given: vars, isTrusted: isTrusted(actor), town, rig, now, baseBranch }),
      { kind: "context", values: { issue: root, feature: file.name }, isTrusted: false },
    ],
  });
}
