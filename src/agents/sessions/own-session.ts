import { parseAddress } from "../../core/town/address.ts";
import { sessionName } from "../../core/town/agent-names.ts";
import type { Town } from "../../core/town/town.ts";

/**
 * Name and run of the session that a command of an agent runs in. An agent that was started by hand has a queue under the
 * same name, and no run (spec/03 §5.12).
 */
export function ownSession(
  town: Town,
  actor: string,
  env: NodeJS.ProcessEnv,
): { readonly session: string; readonly run: string } {
  const run = env["GT_RUN"] ?? "";
  if (env["GT_SESSION"]) return { session: env["GT_SESSION"], run };
  const address = parseAddress(actor);
  if (address === undefined || address.role === "overseer") return { session: "", run };
  const rig = address.rig === "" ? undefined : town.findRig(address.rig);
  return { session: address.rig !== "" && rig === undefined ? "" : sessionName(address, rig), run };
}
