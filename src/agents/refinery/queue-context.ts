import { type MergeSettings, mergeSettings } from "../../core/merge/merge-settings.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";

/** What everything that acts for a rig's queue needs. */
export interface QueueContext {
  readonly access: TownAccess;
  readonly rig: Rig;
  readonly settings: MergeSettings;
  /** `<rig>/refinery` */
  readonly actor: string;
  /** One line for whoever watches `gt mq process`. */
  readonly tell: (line: string) => void;
}

/** Throws `E_CONFIG` for unusable settings. */
export function queueContext(
  access: TownAccess,
  rig: Rig,
  tell: (line: string) => void = () => {},
): QueueContext {
  const settings = mergeSettings(access.town.rigSettings(rig.name));
  return { access, rig, settings, actor: refineryAddress(rig), tell };
}

function refineryAddress(rig: Rig): string {
  return `${rig.name}/refinery`;
}
