import { join } from "node:path";
import { packageRoot } from "../../core/package-root.ts";
import { type Address, agentHome } from "../../core/town/address.ts";
import type { Town } from "../../core/town/town.ts";
import { hooksFileOf, writeHooks } from "../hooks/write-hooks.ts";
import { beacon } from "../runtimes/beacon.ts";
import { effortArgs, effortOf } from "../runtimes/effort.ts";
import { launchArgv } from "../runtimes/launch.ts";
import type { Runtime } from "../runtimes/runtime.ts";

/** The words that start by hand what the host would start for an agent (spec/03 §2.4). */
export function handArgv(town: Town, address: Address, runtime: Runtime, now: number): readonly string[] {
  const hasHooks = runtime.hooksProvider !== "none" && !runtime.hooksInformational;
  return launchArgv({
    runtime,
    hooks: join(town.paths.runtime, "hooks"),
    ...(runtime.hooksProvider === "claude" ? { settingsFile: hooksFileOf(town, address, runtime) } : {}),
    effortArgs: effortArgs(runtime, effortOf(town, address.role, address.rig)),
    prompt: beacon({ address, sender: "human", topic: "start", now, hasHooks }),
  });
}

export interface HandLaunch {
  readonly cwd: string;
  readonly argv: readonly string[];
}

/** Makes ready what an agent needs whom a person starts, and says how that is done (spec/04 §2.7, minimal mode). */
export async function prepareHandLaunch(
  town: Town,
  address: Address,
  runtime: Runtime,
  work: { readonly bead: string; readonly now: number },
): Promise<HandLaunch> {
  const cwd = agentHome(town, address) ?? town.root;
  if (runtime.provider === "shell") return { cwd, argv: ["gt", "shell-run", work.bead] };
  await writeHooks(town, address, runtime, join(packageRoot(), "bin", "gt"));
  return { cwd, argv: handArgv(town, address, runtime, work.now) };
}
