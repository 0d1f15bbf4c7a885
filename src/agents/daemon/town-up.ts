import type { Agent } from "../../core/ledger/bead.ts";
import { startHookSession } from "../lifecycle/start-hook-session.ts";
import type { TownAccess } from "../town-access.ts";
import { daemonStatus, startDaemon } from "./daemon-control.ts";
import { writeDesired } from "./desired-state.ts";
import { readStop } from "./emergency-stop.ts";
import { type Suspension, suspensionKey } from "./suspension.ts";

export interface UpOptions {
  /** Also resumes polecats that `gt down` suspended. */
  readonly restore?: boolean;
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
    const host = await access.host({ start: true });
    const living = (await host.list()).filter((record) => record.phase !== "exited").length;
    return living === 0 ? "ready" : `${living} sessions`;
  });
  await attempt({ name: "daemon", type: "daemon" }, async () => {
    if (daemonStatus(town).isRunning) return `running (pid ${daemonStatus(town).pid ?? "unknown"})`;
    const { pid } = await startDaemon(town, options.env ?? process.env);
    return `started (pid ${pid ?? "unknown"})`;
  });
  for (const rig of town.rigs()) {
    const stop = readStop(town, rig.name);
    const isParked = town.rigSettings(rig.name)["status"] === "parked";
    await attempt(
      { name: `${rig.name}/witness, ${rig.name}/refinery`, type: "patrol", rig: rig.name },
      async () => (stop !== undefined ? `emergency stop: ${stop.reason}` : isParked ? "parked" : "watching"),
    );
  }
  if (options.restore === true) {
    const suspended = await suspendedByDown(access);
    for (let at = 0; at < suspended.length; at += parallelStarts) {
      await Promise.all(
        suspended
          .slice(at, at + parallelStarts)
          .map((agent) =>
            attempt({ name: agent.address, type: "session", rig: agent.rig }, () => resume(access, agent)),
          ),
      );
    }
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

/** Agents that rest because the town went down, by name. */
export async function suspendedByDown(access: TownAccess): Promise<readonly Agent[]> {
  const rows = await access.ledger.rows<Suspension>("patrols", {
    prefix: suspensionKey(""),
  });
  const resting = new Set(rows.filter((row) => row.value.reason === "town-down").map((row) => row.key));
  const agents = await access.ledger.agents({ state: "paused" });
  return agents.filter(
    (agent) => resting.has(suspensionKey(agent.address)) && agent.hookState === "suspended",
  );
}

/** Transition 13 back: the same hook goes on in a fresh session. */
async function resume(access: TownAccess, agent: Agent): Promise<string> {
  const payload = { agent: agent.address, bead: agent.hookBead, seq: agent.hookSeq, rig: agent.rig };
  await access.ledger.write(access.actor, [
    { op: "expectAgent", address: agent.address, expected: { state: "paused", hookBead: agent.hookBead } },
    { op: "setAgent", address: agent.address, fields: { state: "spawning", hookState: "active" } },
    { op: "deleteRow", table: "patrols", key: suspensionKey(agent.address) },
    { op: "event", event: { type: "hook_resumed", payload } },
  ]);
  const record = await startHookSession(access, agent.address, "resumed");
  await access.ledger.write(access.actor, [
    { op: "setAgent", address: agent.address, fields: { state: "working" } },
  ]);
  return `resumed on ${agent.hookBead} (${record.agent})`;
}
