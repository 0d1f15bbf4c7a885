import { GtError, usageError } from "../../core/gt-error.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import { formatAddress, parseAddress } from "../../core/town/address.ts";
import type { Town } from "../../core/town/town.ts";

/** The address of `--as`; an agent may only act as itself (spec/07 §1.2). */
export function actingAs(
  wish: string,
  { env, town }: { readonly env: NodeJS.ProcessEnv; readonly town: Town },
): string {
  if (env["GT_SESSION"]) {
    throw new GtError("E_FORBIDDEN", "--as is refused inside an agent session", {
      why: [`this is session ${env["GT_SESSION"]}`],
    });
  }
  const address = parseAddress(wish);
  if (address === undefined) {
    throw usageError(`--as: "${sanitiseLine(wish)}" is not an address`, {
      why: ["addresses look like mayor/, web/witness or web/polecats/nux"],
      hint: "gt agents",
    });
  }
  if (address.rig !== "") town.rig(address.rig);
  return formatAddress(address);
}
