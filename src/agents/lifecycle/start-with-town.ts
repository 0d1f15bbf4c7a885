import { recordEvents } from "../../core/events/event-log.ts";
import { changeLocalProperty, readRigProperties } from "../../core/town/rig-properties.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { wakeRig } from "./rest-rig.ts";
import { rigStanding, type RigStanding } from "./rig-admission.ts";

/**
 * `gt up` ends the rest of a rig whose property `auto_start_on_up` is on: parked is over, and a docked one works in this
 * town, whatever it does in others (spec/07 §6.5). Returns the standing that ended; undefined when nothing did.
 */
export async function startWithTown(access: TownAccess, rig: Rig): Promise<RigStanding | undefined> {
  const { town, ledger, actor, clock } = access;
  const standing = await rigStanding(ledger, town, rig);
  if (standing !== "parked" && standing !== "docked") return undefined;
  const properties = await readRigProperties(town, ledger, rig);
  const view = (key: string) => properties.find((property) => property.key === key);
  if (view("auto_start_on_up")?.effective !== true) return undefined;
  const { label, town: ofTown } = view("status") ?? {};
  // Above what travels with the project, and above the town's usual wish, stands this town's own layer.
  const isRestingOtherwise = [label, ofTown].some((value) => value === "docked" || value === "parked");
  const value = isRestingOtherwise ? "operational" : undefined;
  await changeLocalProperty(town, rig, "status", { value, isBlocked: false });
  recordEvents(town.paths.events, [
    {
      ts: new Date(clock.now()).toISOString(),
      source: "gt",
      type: standing === "docked" ? "rig_undocked" : "rig_unparked",
      actor,
      payload: { rig: rig.name },
      visibility: "feed",
    },
  ]);
  await wakeRig(access, rig, standing);
  return standing;
}
