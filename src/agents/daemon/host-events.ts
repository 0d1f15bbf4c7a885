import { GtError } from "../../core/gt-error.ts";
import { withAgentLock } from "../lifecycle/agent-lock.ts";
import { snapshotHook } from "../lifecycle/rollback-hook.ts";
import type { SessionEvent, SessionRecord } from "../sessions/session-host.ts";
import type { DaemonContext } from "./daemon-context.ts";
import { DeathWatch } from "./death-watch.ts";
import { rigDuty } from "./route-changes.ts";

/** What the daemon does at once when the session host tells it something (spec/04 §8.2). */
export class HostEvents {
  readonly #context: DaemonContext;
  readonly #noteWork: (address: string) => void;
  readonly #deaths: DeathWatch;
  /** Agents that wait for a person or the end of a limit, and therefore do not get on. */
  readonly #waiting = new Set<string>();

  /** `noteWork` hears of agents that may get on again. */
  constructor(context: DaemonContext, noteWork: (address: string) => void) {
    this.#context = context;
    this.#noteWork = noteWork;
    this.#deaths = new DeathWatch(context);
  }

  note(event: SessionEvent): void {
    if (event.type === "lost") {
      this.#context.log.warn("session host lost");
      this.#context.wake("host");
      return;
    }
    if (event.type === "output") return;
    const { record } = event;
    if (record.phase === "limited") this.#context.wake("quota");
    if (event.type === "exited") this.#noteEnd(record);
    if (record.rig !== "") this.#noteWaiting(record);
  }

  #noteEnd(record: SessionRecord): void {
    const context = this.#context;
    context.log.info(`session ${record.session} ended (${record.exitReason ?? "unknown"})`);
    this.#deaths.note(record);
    context.wake("operations");
    if (record.rig !== "") context.wake(rigDuty("witness", record.rig));
    if (record.role === "polecat") return;
    if (record.role === "crew") void this.#keepFiles(record.actor);
    for (const key of ["roles", "states", "dogs"]) context.wake(key);
  }

  /** As a crew member's session has left them; those of polecats are the Witness's (spec/04 §6.2, `session-end`). */
  async #keepFiles(address: string): Promise<void> {
    try {
      await withAgentLock(this.#context, address, "snapshot", () =>
        snapshotHook(this.#context, address, "session-end"),
      );
    } catch (error) {
      // Whoever renames, removes or restarts the member keeps its files himself.
      if (!(error instanceof GtError)) this.#context.log.warn(`snapshot of ${address}: ${String(error)}`);
    }
  }

  /** Time in which an agent could not get on does not count: it begins anew when it can (spec/04 §1.6). */
  #noteWaiting({ actor, phase }: SessionRecord): void {
    if (phase === "limited" || phase === "waiting" || phase === "dialog") this.#waiting.add(actor);
    else if (this.#waiting.delete(actor)) this.#noteWork(actor);
  }
}
