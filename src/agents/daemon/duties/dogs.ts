import { patrolDogs } from "../../dogs/patrol-dogs.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";

/** D24: dogs whose job died, takes too long, or that nobody needs (spec/04 §10.3). Looks at each heartbeat. */
export function dogsDuty(context: DaemonContext): Duty {
  return {
    key: "dogs",
    run: async () => {
      const told = await patrolDogs(context);
      for (const line of told) context.log.info(`dog ${line}`);
      // The work of a dog that was freed may have been a plugin's.
      if (told.length > 0) context.wake("plugins");
    },
  };
}
