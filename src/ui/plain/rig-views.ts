import { existsSync, readdirSync } from "node:fs";
import { switchedOff } from "../../agents/patrols/role-switch.ts";
import { type RigStanding, rigStanding } from "../../agents/lifecycle/rig-admission.ts";
import { daemonStatus } from "../../agents/daemon/daemon-control.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { redactUrl } from "../../core/git/git-url.ts";
import { isObject } from "../../core/town/json-file.ts";
import { patrolsRig, readPatrols } from "../../core/town/patrol-settings.ts";
import type { Town } from "../../core/town/town.ts";

export type RigLight = "running" | "partly" | "stopped" | Exclude<RigView["status"], "operational">;

/** A rig as lists show it (spec/07 §5.4). */
export interface RigView {
  readonly name: string;
  readonly prefix: string;
  readonly path: string;
  readonly gitUrl: string;
  readonly status: RigStanding | "missing";
  readonly light: RigLight;
  readonly isWitnessRunning: boolean;
  readonly isRefineryRunning: boolean;
  readonly polecats: number;
  readonly crew: number;
  /** Merge requests that are not closed. */
  readonly queued: number;
}

const order: readonly RigLight[] = [
  "running",
  "partly",
  "stopped",
  "parked",
  "docked",
  "unreadable",
  "missing",
];

/** All rigs, the ones that run first. */
export async function rigViews(town: Town, ledger: Ledger): Promise<readonly RigView[]> {
  const isDaemonRunning = daemonStatus(town).isRunning;
  const requests = await ledger.find({ type: "merge-request", notStatus: "closed" });
  const standings = await Promise.all(town.rigs().map((rig) => rigStanding(ledger, town, rig)));
  const patrols = readPatrols(town);
  const stopped = await switchedOff({ ledger });
  const views = town.rigs().map((rig, index): RigView => {
    const status = existsSync(rig.repository) ? (standings[index] ?? "operational") : "missing";
    const isUp = isDaemonRunning && status === "operational";
    const isWitnessRunning =
      isUp && patrolsRig(patrols("witness"), rig.name) && !stopped.has(`${rig.name}/witness`);
    const isRefineryRunning = isUp && patrolsRig(patrols("refinery"), rig.name);
    return {
      name: rig.name,
      prefix: rig.prefix,
      path: rig.path,
      gitUrl: redactUrl(rig.gitUrl),
      status,
      light: lightOf(status, isWitnessRunning, isRefineryRunning),
      isWitnessRunning,
      isRefineryRunning,
      polecats: countDirectories(rig.polecats),
      crew: countDirectories(rig.crew),
      queued: requests.filter((request) => rigOfRequest(request.metadata) === rig.name).length,
    };
  });
  return views.toSorted(
    (one, other) => order.indexOf(one.light) - order.indexOf(other.light) || (one.name < other.name ? -1 : 1),
  );
}

function lightOf(status: RigView["status"], witness: boolean, refinery: boolean): RigLight {
  if (status !== "operational") return status;
  if (witness && refinery) return "running";
  return witness || refinery ? "partly" : "stopped";
}

function rigOfRequest(metadata: Readonly<Record<string, unknown>>): unknown {
  return isObject(metadata["mr"]) ? metadata["mr"]["rig"] : undefined;
}

function countDirectories(path: string): number {
  if (!existsSync(path)) return 0;
  return readdirSync(path, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith("."),
  ).length;
}
