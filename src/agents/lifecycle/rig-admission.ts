import { freeDiskMb } from "../../core/health/free-disk.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import {
  type RigPropertyView,
  readRigProperties,
  rigBeadId,
  rigProperty,
} from "../../core/town/rig-properties.ts";
import { numberSetting } from "../../core/town/setting.ts";
import type { Rig, Town } from "../../core/town/town.ts";
import { expectNoStop } from "../daemon/emergency-stop.ts";

const working: readonly Agent["state"][] = ["spawning", "working", "done"];

export type RigStanding = "operational" | "parked" | "docked" | "unreadable";

/**
 * Whether a rig takes work: parked is this town's wish, docked every town's. One whose bead or local layer cannot be
 * read may be either, and takes none (spec/04 §7.4).
 */
export async function rigStanding(ledger: Ledger, town: Town, rig: Rig): Promise<RigStanding> {
  return (await readStanding(ledger, town, rig)).standing;
}

interface Standing {
  readonly standing: RigStanding;
  readonly properties: readonly RigPropertyView[];
  /** Why it is unreadable. */
  readonly why?: string;
}

async function readStanding(ledger: Ledger, town: Town, rig: Rig): Promise<Standing> {
  const unreadable = (why: string): Standing => ({ standing: "unreadable", properties: [], why });
  try {
    if ((await ledger.get(rigBeadId(rig))) === undefined)
      return unreadable(`its identity bead ${rigBeadId(rig)} is not in the ledger`);
    const properties = await readRigProperties(town, ledger, rig);
    const status = properties.find(({ key }) => key === "status")?.effective;
    return { standing: status === "parked" || status === "docked" ? status : "operational", properties };
  } catch (error) {
    return unreadable(error instanceof Error ? error.message : String(error));
  }
}

/** Whether sessions of the rig may be started by anything but a person's own command (spec/04 §7.4). */
export async function mayStartByItself(ledger: Ledger, town: Town, rig: Rig): Promise<boolean> {
  const { properties } = await readStanding(ledger, town, rig);
  const inForce = (key: string): unknown => properties.find((view) => view.key === key)?.effective;
  return inForce("status") === "operational" && inForce("auto_restart") === true;
}

/** Names of the rigs in which nothing starts by itself. */
export async function restingRigs(ledger: Ledger, town: Town): Promise<ReadonlySet<string>> {
  const resting = new Set<string>();
  for (const rig of town.rigs()) if (!(await mayStartByItself(ledger, town, rig))) resting.add(rig.name);
  return resting;
}

/** Names of the rigs that take no work now, and why. */
export async function rigsAtRest(
  ledger: Ledger,
  town: Town,
): Promise<ReadonlyMap<string, Exclude<RigStanding, "operational">>> {
  const stopped = new Map<string, Exclude<RigStanding, "operational">>();
  for (const rig of town.rigs()) {
    const standing = await rigStanding(ledger, town, rig);
    if (standing !== "operational") stopped.set(rig.name, standing);
  }
  return stopped;
}

/** Only their names. */
export async function stoppedRigs(ledger: Ledger, town: Town): Promise<ReadonlySet<string>> {
  return new Set((await rigsAtRest(ledger, town)).keys());
}

/** Refuses new work for a rig that is stopped, parked or docked (spec/04 §2.5). */
export async function expectOperational(ledger: Ledger, town: Town, rig: Rig): Promise<void> {
  expectNoStop(town, rig.name);
  const { standing, why } = await readStanding(ledger, town, rig);
  if (standing === "unreadable")
    throw new GtError("E_RIG_UNREADABLE", `whether rig ${rig.name} takes work cannot be read`, {
      why: why === undefined ? [] : [why],
      hint: "gt doctor --fix",
    });
  if (standing === "parked")
    throw new GtError("E_RIG_PARKED", `rig ${rig.name} is parked`, { hint: `gt rig unpark ${rig.name}` });
  if (standing === "docked")
    throw new GtError("E_RIG_DOCKED", `rig ${rig.name} is docked`, { hint: `gt rig undock ${rig.name}` });
}

/** Refuses one more working polecat above the limits of town and rig (spec/04 §2.5). */
export async function expectCapacity(ledger: Ledger, town: Town, rig: Rig): Promise<void> {
  const busy = (await ledger.agents({ role: "polecat", state: working })) as readonly Agent[];
  const limit = numberSetting(town.settings(), "operational.polecat.max_working");
  if (busy.length >= limit)
    throw new GtError("E_POLECAT_CAP", `${busy.length} polecats are working, the town's limit is ${limit}`, {
      hint: "gt polecat list --all",
    });
  const rigLimit = await rigProperty(town, ledger, rig, "max_polecats");
  const inRig = busy.filter((agent) => agent.rig === rig.name).length;
  if (typeof rigLimit === "number" && inRig >= rigLimit)
    throw new GtError(
      "E_POLECAT_CAP",
      `${inRig} polecats are working in ${rig.name}, its limit is ${rigLimit}`,
      {
        hint: `gt polecat list ${rig.name}`,
      },
    );
}

/** Refuses new sandboxes on a disk that is nearly full; `block_mb` of the settings (spec/04 §0.6). */
export async function expectDiskSpace(town: Town): Promise<void> {
  const limitMb = numberSetting(town.settings(), "operational.disk.block_mb");
  const freeMb = await freeDiskMb(town.root);
  if (freeMb < limitMb)
    throw new GtError("E_DISK", `only ${freeMb} MB are free, ${limitMb} MB are needed for a sandbox`, {
      hint: "gt polecat list --all",
    });
}
