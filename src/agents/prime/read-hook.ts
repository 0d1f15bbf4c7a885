import { isGuide } from "../../core/formulas/molecule-record.ts";
import type { Agent, Bead } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { metadataText } from "../lifecycle/attachment.ts";

/** What an agent holds, as `gt prime` tells it. */
export interface HookReading {
  readonly agent: Agent | undefined;
  readonly bead: Bead | undefined;
  /** The ledger could not be read: that does not mean that the hook is empty. */
  readonly problem: string | undefined;
}

/** The bead on the agent's own row, else the newest that is assigned and held (spec/03 §6.4). Never throws. */
export async function readHook(ledger: Ledger, actor: string): Promise<HookReading> {
  try {
    const agent = await ledger.agent(actor);
    const onHook = agent?.hookBead ? await ledger.get(agent.hookBead) : undefined;
    if (onHook !== undefined && onHook.status !== "closed")
      return { agent, bead: onHook, problem: undefined };
    for (const status of ["hooked", "in_progress"]) {
      const held = await ledger.find({ assignee: actor, status, sort: "updated" });
      const bead = held.find((each) => metadataText(each, "awaiting_merge") === "" && !isGuide(each));
      if (bead !== undefined) return { agent, bead, problem: undefined };
    }
    return { agent, bead: undefined, problem: undefined };
  } catch (error) {
    return {
      agent: undefined,
      bead: undefined,
      problem: error instanceof Error ? error.message : String(error),
    };
  }
}
