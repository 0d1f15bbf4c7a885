import type { Operation } from "../../core/ledger/operation.ts";
import type { TownAccess } from "../town-access.ts";
import { patrolTable } from "./worker-memory.ts";

const keyOf = (address: string): string => `off:${address}`;

/** A person has stopped the role's session, or the loop that stands for it; `gt deacon start` and `gt witness start` take that back. */
export async function isSwitchedOff(
  { ledger }: Pick<TownAccess, "ledger">,
  address: string,
): Promise<boolean> {
  return (await ledger.row(patrolTable, keyOf(address))) !== undefined;
}

/** Addresses of all roles that a person has stopped. */
export async function switchedOff({ ledger }: Pick<TownAccess, "ledger">): Promise<ReadonlySet<string>> {
  const rows = await ledger.rows(patrolTable, { prefix: keyOf("") });
  return new Set(rows.map(({ key }) => key.slice(keyOf("").length)));
}

export function switchRole(address: string, isOff: boolean): Operation {
  return isOff
    ? { op: "putRow", table: patrolTable, key: keyOf(address), value: {} }
    : { op: "deleteRow", table: patrolTable, key: keyOf(address) };
}
