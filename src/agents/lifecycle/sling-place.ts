import { existsSync } from "node:fs";
import { join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { formatAddress, resolveAddress } from "../../core/town/address.ts";
import type { TownAccess } from "../town-access.ts";
import type { AdmissionTarget } from "./bead-admission.ts";
import { runsAsCode } from "./runs-as-code.ts";
import type { SlingTarget } from "./sling-target.ts";

/** Looks up rig and agent of a target (spec/04 §2.4, §2.7). `E_RIG_UNKNOWN`, `E_TARGET`, `E_BUILTIN_TARGET`. */
export async function resolvePlace(
  access: TownAccess,
  bead: Pick<Bead, "id">,
  target: Exclude<SlingTarget, { kind: "dog" }> | undefined,
): Promise<AdmissionTarget> {
  const { town } = access;
  const wish = target ?? defaultTarget(access, bead);
  switch (wish.kind) {
    case "self":
      if (access.actor === "overseer")
        throw new GtError("E_TARGET", "you have no hook; name a rig or an agent", {
          hint: `gt sling ${bead.id} <rig>`,
        });
      return agentPlace(access, access.actor);
    case "rig":
      return { kind: "rig", rig: town.rig(wish.rig).name };
    case "polecat": {
      const rig = town.rig(wish.rig);
      if (!wish.explicit && existsSync(join(rig.crew, wish.name)))
        return { kind: "agent", address: `${rig.name}/crew/${wish.name}` };
      const address = formatAddress({ role: "polecat", rig: rig.name, name: wish.name });
      return { kind: "polecat", rig: rig.name, address, shorthand: !wish.explicit };
    }
    case "crew":
      return {
        kind: "agent",
        address: formatAddress(resolveAddress(`${wish.rig}/crew/${wish.name}`, { town })),
      };
    case "town-role":
      return agentPlace(access, formatAddress({ role: wish.role, rig: "", name: "" }));
    case "rig-role":
      return agentPlace(access, formatAddress({ role: wish.role, rig: town.rig(wish.rig).name, name: "" }));
  }
}

async function agentPlace(access: TownAccess, address: string): Promise<AdmissionTarget> {
  if (await runsAsCode(access, address)) throw takesNoBeads(address);
  return { kind: "agent", address };
}

export const takesNoBeads = (address: string): GtError =>
  new GtError("E_BUILTIN_TARGET", `${address} runs as code and takes no beads`, {
    hint: "gt sling <bead> <rig>",
  });

/** An agent means itself, a human the rig that owns the bead (spec/04 §2.4). */
function defaultTarget(
  access: TownAccess,
  bead: Pick<Bead, "id">,
): Extract<SlingTarget, { kind: "self" } | { kind: "rig" }> {
  if (access.actor !== "overseer") return { kind: "self" };
  const rig = access.town.rigOfBead(bead.id);
  if (rig !== undefined) return { kind: "rig", rig: rig.name };
  throw new GtError("E_TARGET", `${bead.id} belongs to no rig; say where it shall go`, {
    hint: `gt sling ${bead.id} <rig> --force`,
  });
}
