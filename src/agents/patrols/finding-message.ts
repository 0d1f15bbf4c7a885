import type { RoleMessage } from "../../core/mail/role-message.ts";
import { parseAddress } from "../../core/town/address.ts";
import type { Finding } from "./finding.ts";

interface Facts {
  readonly polecat: string;
  readonly bead: string;
  readonly minutes?: number | undefined;
  readonly exitCode?: number | undefined;
}

/** What the Witness of the polecat's rig is told (spec/04 §9.4); a session of its own gets it as mail. */
function toWitness(polecat: string): Pick<RoleMessage, "from" | "to" | "rig" | "source"> {
  const rig = parseAddress(polecat)?.rig ?? "";
  return { from: "daemon", to: `${rig}/witness`, rig, source: "daemon" };
}

/** W1: its session died with work on the hook. */
export const crashMessage = ({ polecat, bead, exitCode }: Facts): RoleMessage => ({
  ...toWitness(polecat),
  subject: `CRASHED_POLECAT: ${polecat}`,
  values: { Polecat: polecat, Hook: bead, "Exit-Code": exitCode },
});

/** W9: nothing has moved for so many minutes. */
export const silenceMessage = ({ polecat, bead, minutes }: Facts): RoleMessage => ({
  ...toWitness(polecat),
  subject: `GUPP_VIOLATION: ${polecat} ${minutes ?? 0}m`,
  values: { Polecat: polecat, Bead: bead, Minutes: minutes },
});

/** W12: work in the hands of a polecat that is not there. */
const orphanMessage = ({ polecat, bead }: Facts): RoleMessage => ({
  ...toWitness(polecat),
  subject: `ORPHANED_WORK: ${bead}`,
  values: { Polecat: polecat, Bead: bead },
});

const messages: Readonly<Record<string, (facts: Facts) => RoleMessage>> = {
  W1: crashMessage,
  W9: silenceMessage,
  W12: orphanMessage,
};

/** The message that stands for a finding; undefined for one that is only said. */
export function messageOfFinding(finding: Finding): RoleMessage | undefined {
  const { detection, bead = "", polecat = "", minutes, exitCode } = finding;
  return polecat === "" ? undefined : messages[detection]?.({ polecat, bead, minutes, exitCode });
}
