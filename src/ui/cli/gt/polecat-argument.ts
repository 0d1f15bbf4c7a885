import { GtError, usageError } from "../../../core/gt-error.ts";
import { formatAddress, parseAddress } from "../../../core/town/address.ts";
import type { Town } from "../../../core/town/town.ts";

/** `<rig>/<name>` or the full address of a polecat, also of one whose directory is gone. */
export function polecatAddress(town: Town, word: string): string {
  const parsed = parseAddress(word);
  if (parsed?.role === "polecat") return formatAddress({ ...parsed, rig: town.rig(parsed.rig).name });
  const [rig = "", name = "", surplus] = word.split("/");
  if (name === "" || surplus !== undefined)
    throw usageError(`"${word}" is not a polecat: write <rig>/<name>`, { hint: "gt polecat list --all" });
  if (parsed !== undefined)
    throw new GtError("E_TARGET", `${word} is a ${parsed.role}, not a polecat`, {
      hint: "gt polecat list --all",
    });
  return formatAddress({ role: "polecat", rig: town.rig(rig).name, name: name.toLowerCase() });
}
