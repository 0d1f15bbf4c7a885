import { openOperations } from "../../lifecycle/operation-record.ts";
import { recoverOperations } from "../../lifecycle/recover-operations.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";

const lookAgainMs = 5000;

/**
 * D1: finishes or undoes what a command left behind (spec/04 §0.3). A process that dies tells nobody, so that while an
 * operation is open its owner is looked at every few seconds; with none open this duty sleeps.
 */
export function operationsDuty(context: DaemonContext): Duty {
  return {
    key: "operations",
    timeoutMs: 5 * 60_000,
    run: async () => {
      if ((await openOperations(context.ledger)).length === 0) return {};
      await recoverOperations(context);
      return (await openOperations(context.ledger)).length === 0 ? {} : { againMs: lookAgainMs };
    },
  };
}
