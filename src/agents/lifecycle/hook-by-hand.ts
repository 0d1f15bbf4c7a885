import { existsSync } from "node:fs";
import { join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { parseAddress } from "../../core/town/address.ts";
import type { TownAccess } from "../town-access.ts";
import { admitSling } from "./admit-sling.ts";
import { expectRoomOnHook, hookAgent } from "./hook-agent.ts";
import { takeOver } from "./take-over.ts";

export interface HookByHand {
  readonly bead: Bead;
  readonly address: string;
  /** Takes the bead from whoever has it, and pushes aside what is on the hook. */
  readonly force: boolean;
  /** A bead that is on the hook without a workflow may go back to `open`. */
  readonly releasesBare?: boolean;
  readonly dryRun?: boolean;
}

/**
 * Puts a bead on the hook of crew, Mayor or the caller, without starting anybody (spec/04 §2.10). The bead must be work that
 * may be given out (spec/04 §2.5). False when it is on that hook already.
 */
export async function hookByHand(
  access: TownAccess,
  request: HookByHand,
): Promise<{ readonly isNew: boolean; readonly warnings: readonly string[] }> {
  const { bead, address, force } = request;
  if (parseAddress(address)?.role === "crew") expectMember(access, address);
  const admission = await admitSling(access, bead.id, { kind: "agent", address }, { force });
  if (admission.verdict === "already") return { isNew: false, warnings: [] };
  // Before anything is taken from anybody.
  await expectRoomOnHook(access, await access.ledger.agent(address), request);
  if (request.dryRun === true) return { isNew: true, warnings: admission.warnings };
  const { takeOver: from } = admission;
  const taken =
    from === undefined ? { bead, warnings: [] } : await takeOver(access, bead, { from, to: address });
  const isNew = await hookAgent(access, {
    ...{ bead: taken.bead, address, force, isTaken: from !== undefined },
    ...(request.releasesBare === true ? { releasesBare: true } : {}),
  });
  return { isNew, warnings: [...admission.warnings, ...taken.warnings] };
}

/** `E_AGENT_NOT_FOUND` for a crew member of whom there is no clone. */
export function expectMember({ town }: Pick<TownAccess, "town">, address: string): void {
  if (existsSync(join(town.root, address))) return;
  throw new GtError("E_AGENT_NOT_FOUND", `there is no crew member ${address}`, { hint: "gt crew list" });
}
