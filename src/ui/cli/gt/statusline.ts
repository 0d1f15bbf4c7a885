import { readStop } from "../../../agents/daemon/emergency-stop.ts";
import { mergeRequest } from "../../../core/merge/merge-request.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { type Address, formatAddress } from "../../../core/town/address.ts";
import { parseSessionName } from "../../../core/town/agent-names.ts";
import { rigViews } from "../../plain/rig-views.ts";
import { fitCells } from "../standard-output.ts";
import type { CommandContext } from "../command.ts";
import { callerFacts } from "./caller.ts";

/** `gt statusline`: never fails and never makes a prompt wait (spec/06 §13.4). */
export async function run(context: CommandContext): Promise<void> {
  let text: string;
  try {
    text = await statusLine(context);
  } catch {
    // A prompt shows nothing rather than an error.
    return;
  }
  const line = context.flags.string("format") === "tmux" ? text.replaceAll("#", "##") : text;
  context.out.document({ text: line });
  context.out.line(line);
}

async function statusLine(context: CommandContext): Promise<string> {
  const town = await context.town();
  const stop = readStop(town);
  if (stop) return `ESTOP ${stop.since.slice(11, 16)}`.trim();
  const session = context.flags.string("session") ?? context.env["GT_SESSION"];
  const address =
    session === undefined ? (await callerFacts(context)).address : parseSessionName(session, town.rigs());
  if (!address) return "";
  const parts = await partsOf(context, address);
  return parts.filter((part) => part !== "").join(" | ");
}

async function partsOf(context: CommandContext, address: Address): Promise<readonly string[]> {
  const town = await context.town();
  const ledger = await context.ledger();
  switch (address.role) {
    case "polecat":
    case "crew":
    case "dog":
      return [`${icons[address.role]} ${await workOrMail(context, address)}`.trim()];
    case "refinery": {
      const open = await ledger.find({ type: "merge-request", notStatus: "closed" });
      const own = open.map(mergeRequest).filter((request) => request.rig === address.rig);
      const running = own.find((request) => request.phase === "running");
      const queued = own.length - (running ? 1 : 0);
      if (own.length === 0) return ["idle"];
      return [
        running ? `merging ${running.sourceIssue || running.id}` : "",
        queued > 0 ? `+${queued} queued` : "",
      ];
    }
    case "witness":
      return [`${(await ledger.agents({ rig: address.rig, role: "crew" })).length} crew`];
    case "deacon":
    case "boot":
      return [`${town.rigs().length} rigs`];
    default:
      return townParts(context, address);
  }
}

const icons = { polecat: "😺", crew: "👷", dog: "🐕" } as const;

async function workOrMail(context: CommandContext, address: Address): Promise<string> {
  const ledger = await context.ledger();
  const own = formatAddress(address);
  const agent = await ledger.agent(own);
  const bead = agent && agent.hookBead !== "" ? await ledger.get(agent.hookBead) : undefined;
  if (bead) return `🪝 ${cut(`${bead.id}: ${bead.title}`, 40)}`;
  const mail = await ledger.find({
    type: "message",
    status: ["open", "hooked"],
    assignee: own,
    sort: "priority",
  });
  const unread = mail.find((message) => !message.labels.includes("read"));
  return unread ? `📬 ${cut(unread.title, 45)}` : "";
}

const lights = {
  running: "🟢",
  partly: "🟡",
  stopped: "⚫",
  parked: "🅿️",
  docked: "",
  unreadable: "⚠",
  missing: "⚠",
} as const;

/** Mayor and overseer see the whole town. */
async function townParts(context: CommandContext, address: Address): Promise<readonly string[]> {
  const town = await context.town();
  const rigs = await rigViews(town, await context.ledger());
  const shown = rigs.filter((rig) => rig.light !== "docked");
  const witnesses = shown.filter((rig) => rig.isWitnessRunning).length;
  const refineries = shown.filter((rig) => rig.isRefineryRunning).length;
  const names = shown.map((rig) => `${lights[rig.light]} ${shown.length > 2 ? rig.prefix : rig.name}`);
  return [
    `${witnesses}/${shown.length} 🦉 ${refineries}/${shown.length} 🏭`,
    names.join(" "),
    await workOrMail(context, address),
  ];
}

function cut(text: string, width: number): string {
  return fitCells(sanitiseLine(text), width).trimEnd();
}
