import type { BatchEvent, Operation } from "../ledger/operation.ts";
import type { Random } from "../random.ts";
import { sanitiseLine } from "../sanitise.ts";
import { parseAddress } from "../town/address.ts";
import { readPatrols } from "../town/patrol-settings.ts";
import type { Town } from "../town/town.ts";
import type { Draft } from "./compose.ts";
import { composeFitting } from "./compose-fitting.ts";
import { protocolBody } from "./protocol.ts";

/** A structured message between the roles of a town; its type and keys are those of spec/06 §5.2. */
export interface RoleMessage {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  /** Keys without a value are left out. */
  readonly values: Readonly<Record<string, string | number | undefined>>;
  /** 1 by default. */
  readonly priority?: 0 | 1;
  /** `notification` by default; `task` asks the reader to do something. */
  readonly type?: Draft["type"];
  /** Free text below the keys, for whoever reads it as mail. */
  readonly text?: string;
  readonly rig?: string;
  readonly source?: BatchEvent["source"];
}

/**
 * Tells a role: by mail when a session of its own reads it, else by a line in the log, because the code that plays the
 * role sees the same in ledger and git (spec/04 §9.4).
 */
export function tellingRole(
  { town, random }: { readonly town: Town; readonly random: Random },
  message: RoleMessage,
): readonly Operation[] {
  return isPlayedByAgent(town, message.to) ? roleMail(random, message) : [protocolEvent(message)];
}

/** Whether a session of its own plays the role, as opposed to the daemon. */
export function isPlayedByAgent(town: Town, address: string): boolean {
  const role = parseAddress(address)?.role;
  return role !== undefined && readPatrols(town)(role).mode === "agent";
}

export function roleMail(random: Random, message: RoleMessage): readonly Operation[] {
  const { from, to, subject, values, priority = 1, type, text } = message;
  const draft = { from, to: [to], subject, body: protocolBody(values, text), priority };
  return composeFitting(type === undefined ? draft : { ...draft, type }, random).operations;
}

/** The message as history, with its subject and the keys of its body. */
export function protocolEvent({ from, to, subject, values, rig, source }: RoleMessage): Operation {
  const fields = Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ""),
  );
  return {
    op: "event",
    event: {
      type: "protocol",
      payload: {
        ...{ from, to, subject: sanitiseLine(subject), fields },
        ...(rig === undefined || rig === "" ? {} : { rig }),
      },
      ...(source === undefined ? {} : { source }),
    },
  };
}
