import { statSync } from "node:fs";
import { daemonStatus } from "../../agents/daemon/daemon-control.ts";
import { readStop } from "../../agents/daemon/emergency-stop.ts";
import {
  type AgentView,
  agentHealth,
  hostSnapshot,
  livingSessions,
} from "../../agents/patrols/agent-health.ts";
import type { TownAccess } from "../../agents/town-access.ts";
import type { Agent, Bead } from "../../core/ledger/bead.ts";
import { neverReadyTypes } from "../../core/ledger/bead-types.ts";
import { lockHolder } from "../../core/lock/lock.ts";
import { type MergeRequest, mergeRequest } from "../../core/merge/merge-request.ts";
import { isObject, readJsonFile } from "../../core/town/json-file.ts";
import { overseerFile } from "../../core/town/paths.ts";
import { levelInForce, quietRigs } from "../../core/town/quiet-rigs.ts";
import type { Rig } from "../../core/town/town.ts";
import { type RigView, rigViews } from "./rig-views.ts";

/** An agent as `gt status` shows it: health, notification level and mail in one. */
export interface AgentStatus {
  readonly view: AgentView;
  readonly isRunning: boolean;
  readonly notificationLevel: Agent["notificationLevel"];
  readonly unreadMail: number;
  readonly firstSubject: string;
}

export interface RigStatus {
  readonly rig: Rig;
  readonly view: RigView;
  readonly agents: readonly AgentStatus[];
  readonly queue: QueueCounts;
  /** Why its agents are frozen, when an emergency stop is for this rig alone. */
  readonly stop: string | undefined;
}

export interface QueueCounts {
  readonly pending: number;
  readonly inFlight: number;
  readonly blocked: number;
}

/** Everything `gt status` says (spec/06 §13.1), read once. Works with daemon and host down. */
export interface TownStatus {
  readonly name: string;
  readonly location: string;
  readonly overseer: {
    readonly name: string;
    readonly email: string;
    readonly username: string;
    readonly source: string;
    readonly unreadMail: number;
  };
  readonly muted: readonly string[];
  readonly estop: { readonly isActive: boolean; readonly reason: string };
  readonly daemon: { readonly isRunning: boolean; readonly pid: number | undefined };
  readonly host: {
    /** False while it runs and does not answer: then its sessions are not known. */
    readonly isAnswering: boolean;
    readonly isRunning: boolean;
    readonly pid: number | undefined;
    readonly sessions: number;
  };
  readonly ledger: { readonly path: string; readonly bytes: number; readonly open: number };
  readonly escalations: { readonly open: number; readonly unacked: number; readonly worst: string };
  readonly townAgents: readonly AgentStatus[];
  readonly rigs: readonly RigStatus[];
}

export interface StatusOptions {
  /** Leaves out the counting of mail. */
  readonly fast: boolean;
}

export async function readTownStatus(access: TownAccess, options: StatusOptions): Promise<TownStatus> {
  const { town, ledger } = access;
  const host = await hostSnapshot(access);
  const [views, quiet, records, mail, escalations, requests, rigs, open] = await Promise.all([
    agentHealth(access, host),
    quietRigs(town, ledger),
    ledger.agents(),
    options.fast ? [] : ledger.find({ type: "message", status: ["open", "hooked"], sort: "priority" }),
    ledger.find({ type: "escalation", notStatus: "closed" }),
    ledger.find({ type: "merge-request", notStatus: "closed" }),
    rigViews(town, ledger),
    ledger.count({ notStatus: "closed", notType: neverReadyTypes }),
  ]);
  const daemon = daemonStatus(town);
  const holder = lockHolder(town.paths.locks, "host");
  const levels = new Map(records.map((agent) => [agent.address, levelInForce(agent, quiet)]));
  const agents = views.map((view): AgentStatus => {
    const unread = unreadOf(mail, view.address);
    return {
      view,
      isRunning: isRunning(view, daemon.isRunning, rigs),
      notificationLevel: levels.get(view.address) ?? "normal",
      unreadMail: unread.length,
      firstSubject: unread[0]?.title ?? "",
    };
  });
  const stop = readStop(town);
  const queue = requests.map(mergeRequest);
  return {
    name: town.name,
    location: town.root,
    overseer: { ...overseerFacts(town.root), unreadMail: unreadOf(mail, "overseer").length },
    muted: agents.filter((agent) => agent.notificationLevel === "muted").map((agent) => agent.view.address),
    estop: { isActive: stop !== undefined, reason: stop?.reason ?? "" },
    daemon: { isRunning: daemon.isRunning, pid: daemon.pid },
    host: {
      isRunning: holder !== undefined,
      isAnswering: host.isKnown,
      pid: holder?.pid,
      sessions: livingSessions(host),
    },
    ledger: { path: ledger.path, bytes: sizeOf(ledger.path), open },
    escalations: summarise(escalations),
    townAgents: agents
      .filter((agent) => agent.view.rig === "")
      .toSorted((one, other) => townRoles.indexOf(one.view.role) - townRoles.indexOf(other.view.role)),
    rigs: town.rigs().flatMap((rig) => {
      const view = rigs.find((found) => found.name === rig.name);
      if (!view) return [];
      return [
        {
          rig,
          view,
          agents: agents.filter((agent) => agent.view.rig === rig.name),
          queue: countQueue(queue, rig.name),
          stop: stop === undefined ? readStop(town, rig.name)?.reason : undefined,
        },
      ];
    }),
  };
}

const townRoles: readonly string[] = ["mayor", "deacon", "boot", "dog"];

/** Builtin patrol agents run inside the daemon; everybody else runs in a session. */
function isRunning(view: AgentView, isDaemonRunning: boolean, rigs: readonly RigView[]): boolean {
  if (view.phase !== undefined && view.phase !== "exited") return true;
  const rig = rigs.find((found) => found.name === view.rig);
  if (view.role === "witness") return rig?.isWitnessRunning ?? false;
  if (view.role === "refinery") return rig?.isRefineryRunning ?? false;
  return (view.role === "deacon" || view.role === "boot") && isDaemonRunning;
}

function unreadOf(mail: readonly Bead[], address: string): readonly Bead[] {
  return mail.filter((message) => message.assignee === address && !message.labels.includes("read"));
}

const severities = ["critical", "high", "medium", "low"];

function summarise(escalations: readonly Bead[]): TownStatus["escalations"] {
  const facts = escalations.map((bead) => {
    const fields = bead.metadata["escalation"];
    return isObject(fields) ? fields : {};
  });
  const unacked = facts.filter((fields) => !fields["acked_by"]);
  const worst = severities.find((severity) => unacked.some((fields) => fields["severity"] === severity));
  return { open: escalations.length, unacked: unacked.length, worst: worst ?? "" };
}

function countQueue(queue: readonly MergeRequest[], rig: string): QueueCounts {
  const own = queue.filter((request) => request.rig === rig);
  const inPhase = (...phases: readonly MergeRequest["phase"][]) =>
    own.filter((request) => phases.includes(request.phase)).length;
  return {
    pending: inPhase("ready", "held"),
    inFlight: inPhase("running"),
    blocked: inPhase("blocked", "needs_fix", "quarantined"),
  };
}

function overseerFacts(root: string): Omit<TownStatus["overseer"], "unreadMail"> {
  const content = readJsonFile(overseerFile(root)) ?? {};
  const word = (key: string) => (typeof content[key] === "string" ? content[key] : "");
  return {
    name: word("name") || "overseer",
    email: word("email"),
    username: word("username"),
    source: word("source"),
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
