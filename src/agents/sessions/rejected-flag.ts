import { GtError } from "../../core/gt-error.ts";
import { presets } from "../runtimes/presets.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import type { HookPlace } from "../hooks/write-hooks.ts";

const complaint =
  /(?:unexpected|unknown|unrecognized|invalid) (?:argument|option|flag)s?:?\s*['"`]?(--[a-z][\w-]*)/i;

/** Without it the runtime passes over the project's hooks, and says nothing about it (spec/03 §1.5). */
const hookTrust = "--dangerously-bypass-hook-trust";

export interface OlderRuntime {
  readonly flag: string;
  readonly runtime: Runtime;
  readonly hooks: HookPlace;
}

/**
 * The runtime without the flag of ours that its program did not know, as the end of its start says; undefined for any other
 * end. Flags that a person has chosen are his.
 */
export function olderRuntime(error: unknown, runtime: Runtime, hooks: HookPlace): OlderRuntime | undefined {
  if (!(error instanceof GtError && error.code === "E_SESSION_START")) return undefined;
  const flag = complaint.exec(error.why.join(" "))?.[1];
  const isOurs = flag !== undefined && presets.get(runtime.provider)?.args.includes(flag) === true;
  if (!isOurs || !runtime.args.includes(flag)) return undefined;
  return {
    flag,
    runtime: { ...runtime, args: runtime.args.filter((each) => each !== flag) },
    hooks: flag === hookTrust ? { ...hooks, isActive: false } : hooks,
  };
}
