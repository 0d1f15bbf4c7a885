import type { Clock } from "../core/clock.ts";
import type { Ledger } from "../core/ledger/ledger.ts";
import type { Random } from "../core/random.ts";
import type { Town } from "../core/town/town.ts";
import type { SessionHost } from "./sessions/session-host.ts";

/** What everyone who works in a town needs: its truth, its sessions, and who is acting. */
export interface TownAccess {
  readonly town: Town;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  /** Canonical address of whoever acts. */
  readonly actor: string;
  /** The session host, connected on first use. With `start: false` and no host: `GtError` `E_HOST_DOWN`. */
  host(options?: { readonly start?: boolean }): Promise<SessionHost>;
}
