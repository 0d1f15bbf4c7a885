import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { type Address, agentHome, formatAddress, parseAddress } from "../../core/town/address.ts";
import { isObject, type JsonObject } from "../../core/town/json-file.ts";
import type { Town } from "../../core/town/town.ts";
import { writeFileAtomic } from "../../core/town/write-file.ts";
import { findRuntime, resolveRuntime } from "../runtimes/resolve-runtime.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { isBuiltIn } from "../sessions/nudge.ts";
import { packageRoot } from "../../core/package-root.ts";
import { withoutOurHooks } from "./hook-files.ts";
import { targetOfAgent } from "./user-hooks.ts";
import { carryOut, type HookPlan, outcomeOf, planHooks } from "./write-hooks.ts";

export type HookStatus = "in sync" | "out of sync" | "missing" | "tracked" | "error";

/** One hooks file that we keep, for the agents that share it (spec/03 §4.7). */
export interface ManagedFile {
  /** `mayor`, `web/polecats`, `web/crew/max`, ... */
  readonly target: string;
  readonly provider: string;
  readonly file: string;
  readonly status: HookStatus;
  readonly overrides: readonly string[];
  /** What is wrong, for status `error`. */
  readonly problem?: string;
  readonly address: Address;
  readonly plan?: HookPlan;
}

const statusOf = {
  created: "missing",
  updated: "out of sync",
  unchanged: "in sync",
  tracked: "tracked",
} as const;

/** Every hooks file that the town's agents need, each once, with how it is. Changes nothing. */
export async function managedFiles(
  town: Town,
  ledger: Ledger,
  env: NodeJS.ProcessEnv,
): Promise<readonly ManagedFile[]> {
  const found = new Map<string, ManagedFile>();
  for (const { address, runtime } of await agentsWithRuntimes(town, ledger)) {
    const entry = await inspect(town, address, runtime, env);
    if (entry !== undefined && !found.has(entry.file)) found.set(entry.file, entry);
  }
  return [...found.values()];
}

/** Brings one file up to date; its status afterwards. */
export async function syncFile(town: Town, { address, plan }: ManagedFile): Promise<void> {
  if (plan !== undefined) await carryOut(town, address, plan);
}

async function inspect(
  town: Town,
  address: Address,
  runtime: Runtime | string,
  env: NodeJS.ProcessEnv,
): Promise<ManagedFile | undefined> {
  const failed = (provider: string, problem: string): ManagedFile => ({
    ...{ target: formatAddress(address), provider, file: `(${formatAddress(address)})` },
    ...{ status: "error", overrides: [], problem, address },
  });
  if (typeof runtime === "string") return failed("", runtime);
  const provider = runtime.hooksProvider;
  try {
    const plan = await planHooks(town, address, runtime, join(packageRoot(), "bin", "gt"), env);
    const outcome = outcomeOf(plan);
    if (outcome === "none" || plan.file === undefined) return undefined;
    const shared = plan.settingsFile !== undefined || plan.file.startsWith(town.paths.runtime);
    const role = targetOfAgent(address);
    return {
      target: shared && !plan.isTracked ? sharedTarget(address, role) : formatAddress(address),
      ...{ provider, file: plan.file, overrides: plan.overrides, address, plan },
      status: statusOf[outcome],
    };
  } catch (error) {
    return failed(provider, error instanceof Error ? error.message : String(error));
  }
}

const sharedTarget = ({ rig }: Address, role: string): string => (rig === "" ? role : `${rig}/${role}`);

/** The agents that may have sessions, with what they run; a text where that cannot be said. */
async function agentsWithRuntimes(
  town: Town,
  ledger: Ledger,
): Promise<readonly { readonly address: Address; readonly runtime: Runtime | string }[]> {
  const agents = await ledger.agents();
  const lastOf = new Map(agents.map((agent) => [agent.address, agent.runtime]));
  const workers = agents
    .filter(({ role, state }) => (role === "crew" || role === "polecat") && state !== "nuked")
    .flatMap((agent) => {
      const address = parseAddress(agent.address);
      return address === undefined ? [] : [{ address, last: agent.runtime }];
    });
  const roles: readonly Address[] = [
    { role: "mayor", rig: "", name: "" },
    { role: "deacon", rig: "", name: "" },
    ...town.rigs().flatMap(({ name }): readonly Address[] => [
      { role: "witness", rig: name, name: "" },
      { role: "refinery", rig: name, name: "" },
    ]),
  ];
  return [
    ...roles
      .filter((address) => !isBuiltIn(town, { address }))
      .map((address) => ({
        address,
        runtime: runtimeOf(town, address, lastOf.get(formatAddress(address)) ?? ""),
      })),
    ...workers.map(({ address, last }) => ({ address, runtime: runtimeOf(town, address, last) })),
  ];
}

function runtimeOf(town: Town, address: Address, last: string): Runtime | string {
  try {
    const { role, rig, name } = address;
    return last === "" ? resolveRuntime({ town, role, rig, name }) : findRuntime(town, rig, last);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Claude settings inside of worktrees with entries of ours: older programs wrote them, and other runtimes read them. */
export async function staleFiles(town: Town, ledger: Ledger): Promise<readonly string[]> {
  const homes = (await ledger.agents()).flatMap((agent) => {
    const address = parseAddress(agent.address);
    const isWorker = address?.role === "polecat" || address?.role === "crew";
    return isWorker && agent.state !== "nuked" ? [agentHome(town, address) ?? ""] : [];
  });
  return homes
    .filter((home) => home !== "")
    .flatMap((home) => ["settings.json", "settings.local.json"].map((name) => join(home, ".claude", name)))
    .filter((file) => {
      const content = readObject(file);
      return content !== undefined && JSON.stringify(withoutOurHooks(content)) !== JSON.stringify(content);
    });
}

/** Takes our entries out of a file and leaves the rest. */
export async function cleanFile(file: string): Promise<void> {
  const content = readObject(file);
  if (content !== undefined)
    await writeFileAtomic(file, `${JSON.stringify(withoutOurHooks(content), null, 2)}\n`);
}

function readObject(file: string): JsonObject | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // the project's own matter
  }
}
