import type { Operation } from "../../core/ledger/operation.ts";

/** What the history says of a bead that is put on a hook: that it was slung, by `gt sling`, and that it is hooked. */
export function hookEvents(work: {
  readonly bead: string;
  readonly address: string;
  readonly rig?: string;
  readonly isSlung: boolean;
  /** Further facts of the sling. */
  readonly facts?: Readonly<Record<string, unknown>>;
}): readonly Operation[] {
  const { bead, address, rig, isSlung, facts = {} } = work;
  const place = rig === undefined ? {} : { rig };
  const sling = { type: "sling", payload: { bead, target: address, ...place, ...facts } };
  return [
    ...(isSlung ? [{ op: "event", event: sling } as const] : []),
    { op: "event", event: { type: "hook", payload: { bead, agent: address, ...place } } },
  ];
}
