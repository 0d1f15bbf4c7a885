import { join } from "node:path";
import { globToRegExp } from "../../core/glob.ts";
import { GtError } from "../../core/gt-error.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import { isObject, readJsonFile } from "../../core/town/json-file.ts";
import type { TownAccess } from "../town-access.ts";

const mark = "channel:";

/** The channel that an address names, as in `channel:night-shift`; undefined for the address of an agent. */
export function channelNamed(address: string): string | undefined {
  return address.startsWith(mark) ? address.slice(mark.length) : undefined;
}

/**
 * Agents with a live session that a nudge channel reaches, without the caller: `nudge_channels` of `config/messaging.json`
 * has patterns for their addresses, such as `web/polecats/*` (spec/03 §7.2). `E_TARGET` when there is none.
 */
export async function channelMembers(access: TownAccess, name: string): Promise<readonly string[]> {
  const file = join(access.town.root, "config", "messaging.json");
  const channels = readJsonFile(file)?.["nudge_channels"];
  const patterns = isObject(channels) ? channels[name] : undefined;
  const globs = (Array.isArray(patterns) ? patterns : []).map((pattern) => globToRegExp(String(pattern)));
  const host = await access.host({ start: false }).catch(() => undefined);
  const living = ((await host?.list()) ?? []).filter((record) => record.phase !== "exited");
  const members = living
    .map((record) => record.actor)
    .filter((actor) => actor !== access.actor && globs.some((glob) => glob.test(actor)));
  if (members.length > 0) return members;
  throw new GtError("E_TARGET", `channel "${sanitiseLine(name)}" has no live members`, {
    why: [`its patterns: nudge_channels.${sanitiseLine(name)} in ${file}`],
    hint: "gt agents",
  });
}
