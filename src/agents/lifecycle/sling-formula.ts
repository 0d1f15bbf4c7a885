import { burning } from "../../core/formulas/burn.ts";
import { overlayPlaces } from "../../core/formulas/find-overlay.ts";
import { type Instance, instantiate } from "../../core/formulas/instantiate.ts";
import { newMoleculeId } from "../../core/formulas/pour.ts";
import { workValues } from "../../core/formulas/work-values.ts";
import { GtError } from "../../core/gt-error.ts";
import { parseAddress } from "../../core/town/address.ts";
import type { Rig } from "../../core/town/town.ts";
import { resolveRuntime } from "../runtimes/resolve-runtime.ts";
import { sessionOfAddress } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import type { Dispatch } from "./dispatch-polecat.ts";
import { isDeferred } from "./enqueue-dispatch.ts";
import { previewSeat } from "./polecat-pool.ts";
import { expectCapacity, expectOperational } from "./rig-admission.ts";
import { slingBead } from "./sling-bead.ts";
import { resolvePlace } from "./sling-place.ts";
import type { SlingOptions } from "./sling-request.ts";
import type { SlingTarget } from "./sling-target.ts";
import { workBase } from "./work-base.ts";
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
  const { root } = made;
  const planned = await plannedDispatch(access, made, target, options);
  if (options.dryRun === true) return planned;
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

/** Where it would be done. Throws what the sling would meet there, before there is a wisp. */
async function plannedDispatch(
  access: TownAccess,
  { root, proto }: Instance,
  target: SlingTarget | undefined,
  options: SlingOptions,
): Promise<Dispatch> {
  const { town, ledger } = access;
  const facts = {
    ...{ bead: root, title: proto.title, branch: "", base: "", noop: false, warnings: proto.warnings },
    ...{ reused: true, runtime: "", workflow: { formula: proto.proto, molecule: "" } },
  };
  const at = (agent: string) => ({ ...facts, agent, session: sessionOfAddress(town, agent) });
  if (target?.kind === "dog") {
    const { previewDog } = await import("../dogs/dog-pool.ts");
    const { name } = target;
    return at(
      await previewDog(access, { ...(name === undefined ? {} : { name }), create: options.create === true }),
    );
  }
  const place = await resolvePlace(access, { id: root }, target);
  if (place.kind === "agent") return at(place.address);
  const rig = town.rig(place.rig);
  await expectOperational(ledger, town, rig);
  await expectCapacity(ledger, town, rig);
  const name = place.kind === "polecat" ? parseAddress(place.address)?.name : undefined;
  const seat = await previewSeat(access, rig, {
    ...(name === undefined ? {} : { name }),
    ...{ create: options.create === true, force: options.force === true },
  });
  const base = await workBase(access, rig, { id: root }, options.baseBranch);
  const runtime = resolveRuntime({
    ...{ town, role: "polecat", rig: rig.name, name: "" },
    ...(options.agent === undefined ? {} : { override: options.agent }),
  });
  return { ...at(seat.address), reused: seat.isReused, base, runtime: runtime.name };
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
