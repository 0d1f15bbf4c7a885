import type { StartBudget } from "../patrols/start-budget.ts";
import type { TownAccess } from "../town-access.ts";
import type { DutyStatus } from "./duty-runner.ts";
import type { DaemonLog } from "./daemon-log.ts";
import type { HostLink } from "./host-link.ts";
import type { PressureGate } from "./pressure-gate.ts";

/** What a duty may use: the town, and what the daemon alone knows. */
export interface DaemonContext extends TownAccess {
  readonly log: DaemonLog;
  readonly link: HostLink;
  readonly budget: StartBudget;
  readonly pressure: Pick<PressureGate, "isOpen">;
  wake(key: string): void;
  /** How the loops of the daemon fare. */
  duties(): readonly DutyStatus[];
  /** Notices that the machine slept, before anybody is judged by the time that has passed. */
  noticeSleep(): Promise<void>;
  /** Whether anything may be started in the rig (in the town when none is named). */
  isOperational(rig?: string): boolean;
}
