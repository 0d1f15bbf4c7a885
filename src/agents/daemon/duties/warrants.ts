import { carryOutWarrants } from "../../patrols/warrants.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";

/** Asks agents against which there is a warrant, and ends the silent ones (spec/04 §10.5). Woken when one is filed. */
export function warrantsDuty(context: DaemonContext): Duty {
  return {
    key: "warrants",
    run: async () => {
      if (!context.isOperational()) return {};
      const { told, againMs } = await carryOutWarrants(context);
      for (const line of told) context.log.info(`warrant ${line}`);
      return againMs === undefined ? {} : { againMs };
    },
  };
}
