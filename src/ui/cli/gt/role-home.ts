import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { type Address, agentHome, parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { callerFacts } from "./caller.ts";

/** `gt role home [role]`: one absolute path; makes nothing (spec/03 §3.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out, args, flags } = context;
  const [word] = args;
  const town = await context.town();
  const polecat = flags.string("polecat") ?? "";
  const rig = flags.string("rig") ?? context.env["GT_RIG"] ?? "";
  if (polecat !== "" && rig === "") throw usageError("--polecat requires --rig to be specified");
  if (rig !== "") town.rig(rig);
  const address = word === undefined ? (await callerFacts(context)).address : named(word, rig, polecat);
  const home = address && (agentHome(town, address) ?? town.root);
  if (!home || (address.rig !== "" && !town.findRig(address.rig))) {
    throw new GtError(
      "E_NOT_FOUND",
      `cannot determine home for role ${sanitiseLine(word ?? "")} (rig="${sanitiseLine(rig)}", polecat="${sanitiseLine(polecat)}")`,
      { hint: "gt role list" },
    );
  }
  out.document({ home });
  out.line(home);
}

/** A role word with its flags, or a whole address. */
function named(word: string, rig: string, polecat: string): Address | undefined {
  switch (word) {
    case "witness":
    case "refinery":
      return rig === "" ? undefined : { role: word, rig, name: "" };
    case "polecat":
    case "crew":
      return rig === "" || polecat === "" ? undefined : { role: word, rig, name: polecat };
    default:
      return parseAddress(word);
  }
}
