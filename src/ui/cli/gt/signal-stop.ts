import { polecatStop, stopReminder } from "../../../agents/hooks/polecat-stop.ts";
import { turnBoundary } from "../../../agents/hooks/turn-boundary.ts";
import { ownSession } from "../../../agents/sessions/own-session.ts";
import { parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { startGt } from "./start-gt.ts";

/**
 * `gt signal stop` and `gt tap polecat-stop-check` (spec/03 §4.9, spec/06 §4): whatever goes wrong, the agent may rest.
 */
export async function run(context: CommandContext): Promise<number> {
  let reason: string | undefined;
  try {
    const isAgent = (parseAddress(await context.actor())?.role ?? "overseer") !== "overseer";
    if (isAgent && context.env["GT_SEANCE"] !== "1")
      reason = await (context.words[0] === "tap" ? stopped(context) : atBoundary(context));
  } catch {
    reason = undefined; // outside a town, or a ledger that cannot be read
  }
  context.out.raw(
    `${JSON.stringify(reason === undefined ? { decision: "approve" } : { decision: "block", reason })}\n`,
  );
  return 0;
}

async function atBoundary({ access, env }: CommandContext): Promise<string | undefined> {
  const here = await access();
  return turnBoundary(here, {
    ...{ ...ownSession(here.town, here.actor, env), rig: env["GT_RIG"] ?? "" },
    hostDelivers: false,
  });
}

async function stopped(context: CommandContext): Promise<string | undefined> {
  const verdict = await polecatStop(await context.access());
  if (verdict === "submit") startGt(["done"], context);
  return verdict === "remind" ? stopReminder : undefined;
}
