import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import { type Address, formatAddress } from "../../core/town/address.ts";
import { isObject, readJsonFile } from "../../core/town/json-file.ts";
import { daemonFile } from "../../core/town/paths.ts";
import { textSetting } from "../../core/town/setting.ts";
import { startCrew } from "../lifecycle/crew.ts";
import { crewStartup } from "../lifecycle/crew-startup.ts";
import { mayorAddress, startMayor } from "../lifecycle/mayor.ts";
import { restingRigs, rigStanding } from "../lifecycle/rig-admission.ts";
import { startRole } from "../lifecycle/role-session.ts";
import { startHookSession } from "../lifecycle/start-hook-session.ts";
import { startWithTown } from "../lifecycle/start-with-town.ts";
import { resumeOperations, suspendedFor } from "../lifecycle/suspension.ts";
import { wantedRoles } from "../patrols/keep-roles.ts";
import { hasSessions } from "../sessions/backend.ts";
import type { TownAccess } from "../town-access.ts";
import { daemonStatus, startDaemon } from "./daemon-control.ts";
import { writeDesired } from "./desired-state.ts";
import { readStop } from "./emergency-stop.ts";

export interface UpOptions {
  /** Also resumes polecats that `gt down` suspended, and starts the crew that the rigs' `crew.startup` names. */
  readonly restore?: boolean;
  /** Leaves the sessions of witnesses to the daemon, which starts them a moment later. */
  readonly isLazy?: boolean;
  /** Runtime of the Mayor, if it is started. */
  readonly mayorAgent?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly onService?: (service: UpService) => void;
}

export interface UpService {
  readonly name: string;
  readonly type: "host" | "daemon" | "patrol" | "session";
  readonly rig: string;
  readonly ok: boolean;
  readonly detail: string;
}

const parallelStarts = 10;

/** Wants the town up and starts what that takes; repeating it changes nothing (spec/04 §7.2). */
export async function townUp(access: TownAccess, options: UpOptions = {}): Promise<readonly UpService[]> {
  const { town } = access;
  const services: UpService[] = [];
  const attempt = async (
    service: Pick<UpService, "name" | "type"> & { readonly rig?: string },
    start: () => Promise<string>,
  ): Promise<void> => {
    const made = await start().then(
      (detail) => ({ ok: true, detail }),
      (error: unknown) => ({ ok: false, detail: error instanceof Error ? error.message : String(error) }),
    );
    const full: UpService = { rig: "", ...service, ...made };
    services.push(full);
    options.onService?.(full);
  };

  const wasRunning = daemonStatus(town).isRunning;
  await writeDesired(town, "up", access.actor, access.clock);
  await attempt({ name: "session host", type: "host" }, async () => {
    if (!hasSessions(town)) return "not used: sessions.backend is none";
    const host = await access.host({ start: true });
    const living = (await host.list()).filter((record) => record.phase !== "exited").length;
    return living === 0 ? "ready" : `ready, sessions running: ${living}`;
  });
  await attempt({ name: "daemon", type: "daemon" }, async () => {
    if (daemonStatus(town).isRunning) return `running (pid ${daemonStatus(town).pid ?? "unknown"})`;
    const { pid } = await startDaemon(town, options.env ?? process.env);
    return `started (pid ${pid ?? "unknown"})`;
  });
  for (const rig of town.rigs()) {
    const stop = readStop(town, rig.name);
    await attempt(
      { name: `${rig.name}/witness, ${rig.name}/refinery`, type: "patrol", rig: rig.name },
      async () => {
        const ended = await startWithTown(access, rig);
        if (stop !== undefined) return `emergency stop: ${stop.reason}`;
        if (ended !== undefined) return `watching, no longer ${ended} (auto_start_on_up)`;
        const standing = await rigStanding(access.ledger, town, rig);
        return standing === "operational" ? "watching" : standing;
      },
    );
  }
  if (hasSessions(town)) {
    const starts: (() => Promise<void>)[] = [];
    if (await wantsMayor(access))
      starts.push(() =>
        attempt({ name: "mayor", type: "session" }, async () => {
          const wish = options.mayorAgent === undefined ? {} : { agent: options.mayorAgent };
          const { record, isNew } = await startMayor(access, wish);
          return `${isNew ? "started" : "running"} (${record.agent})`;
        }),
      );
    for (const role of await patrolSessions(access, options.isLazy === true)) {
      const address = formatAddress(role);
      starts.push(() =>
        attempt({ name: address, type: "session", rig: role.rig }, async () => {
          return `running (${(await startRole(access, address)).agent})`;
        }),
      );
    }
    if (options.restore === true) starts.push(...(await restoring(access, attempt)));
    for (let at = 0; at < starts.length; at += parallelStarts)
      await Promise.all(starts.slice(at, at + parallelStarts).map((start) => start()));
  }
  if (!wasRunning) {
    await access.ledger.write(access.actor, [
      {
        op: "event",
        event: { type: "boot", payload: { agents: services.filter((service) => service.ok).length } },
      },
    ]);
  }
  return services;
}

type Attempt = (
  service: Pick<UpService, "name" | "type" | "rig">,
  start: () => Promise<string>,
) => Promise<void>;

/** Polecats that `gt down` suspended, and the crew that the settings name. */
async function restoring(access: TownAccess, attempt: Attempt): Promise<readonly (() => Promise<void>)[]> {
  return [
    ...(await suspendedFor(access, "town-down")).map(
      (agent) => () =>
        attempt({ name: agent.address, type: "session", rig: agent.rig }, () => resume(access, agent)),
    ),
    ...(await crewToStart(access)).map(
      ({ rig, address, problem }) =>
        () =>
          attempt({ name: address, type: "session", rig }, async () => {
            if (problem !== undefined) throw problem;
            return `running (${(await startCrew(access, address)).agent})`;
          }),
    ),
  ];
}

/** Patrol roles in agent mode that nobody has stopped, in rigs at work. */
async function patrolSessions(access: TownAccess, isLazy: boolean): Promise<readonly Address[]> {
  const resting = await restingRigs(access.ledger, access.town);
  const rigs = access.town
    .rigs()
    .filter((rig) => !resting.has(rig.name) && readStop(access.town, rig.name) === undefined);
  const wanted = await wantedRoles(access, isLazy ? [] : rigs);
  return wanted.filter(({ role }) => role !== "mayor");
}

/** The Mayor comes back unless a person stopped it; one that never ran starts when `mayor/daemon.json` asks for it. */
async function wantsMayor(access: TownAccess): Promise<boolean> {
  const patrols = readJsonFile(daemonFile(access.town.root))?.["patrols"];
  const patrol = isObject(patrols) ? patrols["mayor"] : undefined;
  const enabled = isObject(patrol) ? patrol["enabled"] : undefined;
  if (typeof enabled === "boolean") return enabled;
  return (await access.ledger.agent(mayorAddress))?.state === "running";
}

interface CrewStart {
  readonly rig: string;
  readonly address: string;
  readonly problem?: GtError;
}

/** Crew of the rigs at work whose settings say so (spec/04 §7.2). */
async function crewToStart(access: TownAccess): Promise<readonly CrewStart[]> {
  const { town, ledger } = access;
  const found: CrewStart[] = [];
  for (const rig of town.rigs()) {
    if ((await rigStanding(ledger, town, rig)) !== "operational") continue;
    const crew = (await ledger.agents({ rig: rig.name, role: "crew" })).filter(
      ({ state }) => state !== "nuked",
    );
    const isResting = ({ hookBead, hookState }: Agent) => hookBead !== "" && hookState === "suspended";
    const wish = textSetting(town.rigSettings(rig.name), "crew.startup");
    const { start, unknown } = crewStartup(
      wish,
      crew.map((agent) => agent.name),
    );
    for (const agent of crew)
      if (start.includes(agent.name) && !isResting(agent))
        found.push({ rig: rig.name, address: agent.address });
    for (const name of unknown)
      found.push({
        rig: rig.name,
        address: `${rig.name}/crew/${name}`,
        problem: new GtError("E_AGENT_NOT_FOUND", "there is no such crew member (crew.startup)"),
      });
  }
  return found;
}

/** Transition 13 back: the same hook goes on in a fresh session. */
async function resume(access: TownAccess, agent: Agent): Promise<string> {
  await access.ledger.write(access.actor, resumeOperations(agent, "spawning", access.clock.now()));
  const record = await startHookSession(access, agent.address, "resumed");
  await access.ledger.write(access.actor, [
    { op: "setAgent", address: agent.address, fields: { state: "working" } },
  ]);
  return `resumed on ${agent.hookBead} (${record.agent})`;
}
