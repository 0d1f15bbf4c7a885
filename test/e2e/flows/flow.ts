import type { Person } from "../support/person.ts";
import type { TuiTown } from "../support/tui-town.ts";

/** One thing that a person does in the TUI, from the open town to what is on the screen then. */
export interface Flow {
  /** For `npm run e2e -- --watch <name>`. */
  readonly name: string;
  /** What has to be true of the TUI. */
  readonly says: string;
  /** Makes the town as it is before. */
  readonly town?: (town: TuiTown) => Promise<void>;
  readonly steps: (person: Person, town: TuiTown) => void;
}
