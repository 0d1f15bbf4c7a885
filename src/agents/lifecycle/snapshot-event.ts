import { formatTime } from "../../core/clock.ts";
import { recordEvents } from "../../core/events/event-log.ts";
import type { TakenSnapshot } from "../../core/git/hook-snapshots.ts";
import { parseAddress } from "../../core/town/address.ts";
import type { Town } from "../../core/town/town.ts";

/** Writes that a snapshot of the agent's work was taken; a snapshot never fails because of the log (spec/04 §6.1). */
export const tellingOfSnapshot =
  (town: Town, { address, actor }: { readonly address: string; readonly actor: string }) =>
  ({ snapshot, files, bytes }: TakenSnapshot): void => {
    const { seq, ref, reason, time } = snapshot;
    const rig = parseAddress(address)?.rig ?? "";
    recordEvents(town.paths.events, [
      {
        ...{ ts: formatTime(time), source: "gt", type: "hook_snapshot", actor, visibility: "audit" },
        payload: { agent: address, ref, seq, reason, files, bytes, ...(rig === "" ? {} : { rig }) },
      },
    ]);
  };
