import type { IdentityLock } from "../../../agents/sessions/identity-lock.ts";
import { formatTime } from "../../../core/clock.ts";
import { GtError } from "../../../core/gt-error.ts";
import { addressOfDirectory } from "../../../core/town/actor.ts";
import { formatAddress, parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";

/** Environment and directory name different agents: an agent must know that before it works (spec/03 §3.2). */
export async function identityWarnings({
  env,
  cwd,
  town,
  actor,
}: CommandContext): Promise<readonly string[]> {
  if (!env["GT_ROLE"]) return [];
  const own = await actor();
  const here = addressOfDirectory(cwd, await town());
  // The mayor reads in the rigs' clones, which are its own directories.
  if (here === undefined || formatAddress(here) === own) return [];
  return [
    `⚠️  ROLE MISMATCH: the environment says ${own}, this directory belongs to ${formatAddress(here)}. You are ${own}; go to your own directory (gt role home).`,
  ];
}

/**
 * Outside of the host, an agent takes its identity when it reads who it is. Held by another living process it is refused:
 * `E_IDENTITY_LOCKED`, or under a hook the text to show instead of everything else (spec/03 §5.12).
 */
export async function expectIdentity(
  context: CommandContext,
  actor: string,
  { sessionId, isHook }: { readonly sessionId: string; readonly isHook: boolean },
): Promise<string | undefined> {
  const { env, flags } = context;
  // A person who only looks takes nothing, and the host's sessions have their name to themselves.
  const isLooking = flags.boolean("dry-run") || flags.boolean("state") || flags.has("section");
  if (env["GT_RUN"] || isLooking || (!isHook && process.stdout.isTTY)) return undefined;
  if (parseAddress(actor)?.role === "overseer") return undefined;
  const { takeIdentityLock } = await import("../../../agents/sessions/identity-lock.ts");
  const holder = takeIdentityLock(await context.town(), actor, { sessionId, now: Date.now() });
  if (holder === undefined) return undefined;
  if (isHook) return collision(holder);
  throw new GtError("E_IDENTITY_LOCKED", `${actor} is already process ${holder.pid}`, {
    why: [`since ${formatTime(holder.acquiredAt)}`],
    hint: "gt agents check",
  });
}

const collision = ({ address, pid, acquiredAt }: IdentityLock): string =>
  `⚠️  IDENTITY COLLISION
Process ${pid} already acts as ${address} since ${formatTime(acquiredAt)}.
Stop here: do not work, do not run gt done. Ask the overseer what to do (gt agents check).`;
