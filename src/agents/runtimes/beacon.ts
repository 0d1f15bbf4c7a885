import { sanitise, sanitiseLine } from "../../core/sanitise.ts";
import type { Address } from "../../core/town/address.ts";

export interface BeaconRequest {
  readonly address: Address;
  /** Who sends the agent to work, as people say it: `human`, `witness`, `daemon`, `self`. */
  readonly sender: string;
  /** `assigned:<bead>`, `handoff`, `recovery:<bead>`, `start`, ... */
  readonly topic: string;
  readonly now: number;
  /** The runtime's hooks will show the context by themselves. */
  readonly hasHooks: boolean;
  /** Extra text of the rig's settings. */
  readonly extra?: string;
}

const maxLength = 1000;

/** The first words an agent reads: who it is, who sent it and what for, then what to do first (spec/03 §5.5). */
export function beacon(request: BeaconRequest): string {
  const { address, sender, topic, now } = request;
  const head = `[GAS TOWN] ${recipient(address)} <- ${sender} • ${localMinute(now)} • ${topic === "" ? "ready" : topic}`;
  const lines = [sanitiseLine(head), ...firstSteps(request), sanitise(request.extra ?? "")];
  return lines
    .filter((line) => line !== "")
    .join("\n")
    .slice(0, maxLength);
}

function recipient({ role, rig, name }: Address): string {
  const who = name === "" ? role : `${role} ${name}`;
  return rig === "" ? who : `${who} (rig: ${rig})`;
}

function firstSteps({ address, topic, hasHooks }: BeaconRequest): readonly string[] {
  if (!hasHooks) return ["Run `gt prime` now: it tells you who you are and what your work is."];
  const [kind = ""] = topic.split(":");
  if (kind === "recovery") {
    return [
      "Your previous session ended unexpectedly. Look at `git status`, your notes and `gt hook`, then carry on where it stopped.",
    ];
  }
  switch (address.role) {
    case "polecat":
      return kind === "handoff"
        ? [
            "Read the handoff in your context (or run `gt prime --hook`), then continue the work on your hook.",
          ]
        : ["If no context is shown, run `gt prime --hook`. Then begin."];
    case "deacon":
    case "witness":
    case "refinery":
    case "boot":
      return ["Begin your patrol."];
    case "dog":
      return kind === "task" ? ["Do the task on your hook."] : ["Wait for your assignment."];
    case "mayor":
      return ["First `gt hook`, then `gt mail inbox`. Nothing there: wait for the overseer."];
    case "crew":
      return ["First `gt hook`, then `gt mail inbox`. Nothing there: wait for the human."];
    default:
      return [];
  }
}

function localMinute(now: number): string {
  const date = new Date(now);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
