import { openTownLedger } from "../../src/core/ledger/town-ledger.ts";
import { identityOf } from "../../src/core/town/register-rig.ts";
import type { Town } from "../../src/core/town/town.ts";

/** Makes the identity beads of rigs that a test wrote into the registry by hand: without one a rig takes no work. */
export async function nameRigs(town: Town): Promise<void> {
  const ledger = await openTownLedger(town);
  try {
    await ledger.write(
      "test",
      town.rigs().map((rig) => identityOf(rig, rig.gitUrl)),
    );
  } finally {
    await ledger.close();
  }
}
