import type { CloseOptions, Operation } from "../ledger/operation.ts";
import type { MergeRequest, MrCloseReason } from "./merge-request.ts";

type MrFields = Readonly<Record<string, unknown>>;

/** Puts a request outside any run, open and with nobody, if it still is as it was read. `null` removes a field. */
export function leaveRun(mr: MergeRequest, fields: MrFields): readonly Operation[] {
  return [
    { op: "expect", id: mr.id, expected: { rev: mr.rev } },
    {
      op: "update",
      id: mr.id,
      fields: { status: "open", assignee: "", metadata: { mr: { run: null, ...fields } } },
    },
  ];
}

/** Closes a request for good, if it still is as it was read. */
export function endRequest(
  mr: MergeRequest,
  reason: MrCloseReason,
  close: CloseOptions,
  fields: MrFields = {},
): readonly Operation[] {
  return [
    { op: "expect", id: mr.id, expected: { rev: mr.rev } },
    {
      op: "update",
      id: mr.id,
      fields: {
        assignee: "",
        metadata: {
          mr: {
            phase: "closed",
            close_reason: reason,
            phase_reason: null,
            hold_until: null,
            run: null,
            withdrawn: null,
            ...fields,
          },
        },
      },
    },
    { op: "close", id: mr.id, close: { ...close, force: true } },
  ];
}
