import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import type { Escalation } from "../../core/escalation/escalation.ts";
import { openEscalations } from "../../core/escalation/open-escalations.ts";
import type { Agent, Bead, Role } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { unreadMail } from "../../core/mail/mailbox.ts";
import { asData, mailReminder } from "../../core/mail/mail-reminder.ts";
import { sanitise, sanitiseLine } from "../../core/sanitise.ts";
import { type Address, parseAddress } from "../../core/town/address.ts";
import type { Town } from "../../core/town/town.ts";
import { attachmentOf, metadataText } from "../lifecycle/attachment.ts";
import { type HandoffNote, handoffTable, isForRun } from "../lifecycle/handoff-note.ts";
import { fitSections, type FittedSection, type PrimeSection } from "./prime-section.ts";
import { roleBrief, roleLaws, startDirective } from "./role-brief.ts";

export interface PrimeAccess {
  readonly town: Town;
  readonly ledger: Ledger;
  readonly actor: string;
}

export interface PrimeRequest {
  /** `short` after a compaction or a resume (spec/03 §6.2). */
  readonly variant: "full" | "short";
  /** Largest size in characters; undefined for no limit. */
  readonly cap?: number;
  readonly sessionId: string;
  readonly pid: number;
  /** Run of the session; a successor is told what its predecessor left. */
  readonly run: string;
}

export type PrimeState = "post-handoff" | "autonomous" | "normal";

export interface Prime {
  readonly actor: string;
  readonly role: Role;
  readonly state: PrimeState;
  readonly hookedBead: string | undefined;
  /** The predecessor's note that is part of it. */
  readonly handoff: HandoffNote | undefined;
  readonly sections: readonly FittedSection[];
  readonly text: string;
}

/** What an agent reads when it starts: who it is, what is on its hook, how it works here (spec/03 §6). */
export async function prime(access: PrimeAccess, request: PrimeRequest): Promise<Prime> {
  const address = parseAddress(access.actor);
  if (address === undefined || address.role === "overseer")
    throw new GtError("E_NO_ROLE", "prime is for agents; you are the overseer", { hint: "gt mayor attach" });
  const hook = await readHook(access);
  const note = await handoffNote(access, request.run);
  const all =
    request.variant === "short"
      ? shortSections(access, address, request, hook)
      : fullSections(access, address, request, hook, note);
  const waiting = await waitingSections(access, address);
  const sections = fitSections(
    [...all, ...(request.variant === "short" ? [] : waiting)],
    request.cap ?? Number.POSITIVE_INFINITY,
  );
  return {
    actor: access.actor,
    role: address.role,
    state: note !== undefined ? "post-handoff" : hook.bead !== undefined ? "autonomous" : "normal",
    hookedBead: hook.bead?.id,
    handoff: note,
    sections,
    text: sections.map((section) => section.text).join("\n"),
  };
}

interface Hook {
  readonly agent: Agent | undefined;
  readonly bead: Bead | undefined;
  /** The ledger could not be read: that does not mean that the hook is empty. */
  readonly problem: string | undefined;
}

/** The bead on the agent's own row, else the newest that is assigned and held (spec/03 §6.4). */
async function readHook({ ledger, actor }: PrimeAccess): Promise<Hook> {
  try {
    const agent = await ledger.agent(actor);
    const onHook = agent?.hookBead ? await ledger.get(agent.hookBead) : undefined;
    if (onHook !== undefined && onHook.status !== "closed")
      return { agent, bead: onHook, problem: undefined };
    for (const status of ["hooked", "in_progress"]) {
      const held = await ledger.find({ assignee: actor, status, sort: "updated" });
      const bead = held.find((each) => metadataText(each, "awaiting_merge") === "");
      if (bead !== undefined) return { agent, bead, problem: undefined };
    }
    return { agent, bead: undefined, problem: undefined };
  } catch (error) {
    return {
      agent: undefined,
      bead: undefined,
      problem: error instanceof Error ? error.message : String(error),
    };
  }
}

/** Unread mail, and for the mayor what needs a decision (spec/03 §6.4); nothing of it is lost when it cannot be read. */
async function waitingSections(
  { ledger, actor }: PrimeAccess,
  address: Address,
): Promise<readonly PrimeSection[]> {
  try {
    const unread = await unreadMail(ledger, actor);
    const mail = mailReminder(unread, unread);
    const open = address.role === "mayor" ? await openEscalations(ledger) : [];
    return [
      ...(mail === undefined
        ? []
        : [
            {
              name: "mail",
              text: `## Mail\n${mail.lines.join("\n")}\n`,
              budget: 800,
              shrink: 4,
              why: "there is unread mail",
            } as const,
          ]),
      ...(open.length === 0
        ? []
        : [
            {
              name: "escalations",
              text: `## Escalations\n${open.map(escalationRow).join("\n")}\nLook: gt escalate show <id>; then gt escalate ack, close or forward.\n`,
              budget: 1200,
              shrink: 3,
              why: "somebody waits for a decision",
            } as const,
          ]),
    ];
  } catch {
    return []; // said by the hook's problem
  }
}

const escalationRow = ({ id, severity, state, title, escalatedBy }: Escalation): string =>
  `- ${severity} ${id} [${state}] from ${asData(escalatedBy)}: ${asData(title).slice(0, 300)}`;

/** A handoff that happened before this session; without a run nobody knows whether one did. */
async function handoffNote({ ledger, actor }: PrimeAccess, run: string): Promise<HandoffNote | undefined> {
  if (run === "") return undefined;
  const row = await ledger.row<HandoffNote>(handoffTable, actor).catch(() => undefined); // said by the hook's problem
  return row !== undefined && isForRun(row.value, run) ? row.value : undefined;
}

function fullSections(
  access: PrimeAccess,
  address: Address,
  request: PrimeRequest,
  hook: Hook,
  note: HandoffNote | undefined,
): readonly PrimeSection[] {
  const role = address.role as Role;
  const rig = address.rig === "" ? undefined : access.town.findRig(address.rig);
  const brief = roleBrief(role, {
    town: access.town.name,
    rig: address.rig,
    name: address.name,
    prefix: rig?.prefix ?? "hq",
    branch: rig?.defaultBranch ?? "main",
  });
  const optional: readonly (PrimeSection | undefined)[] = [
    warning(hook, note),
    identity(access, request),
    work(hook),
    {
      name: "role",
      text: brief,
      minimum: `## Your laws\n${roleLaws(role)}`,
      budget: 2600,
      shrink: 3,
      why: `brief of the role ${role}`,
    },
    directives(access.town, address),
    handoffSection(note),
    context(access.town),
    {
      name: "bd",
      text: beadReminder,
      budget: 400,
      shrink: 5,
      why: "always",
    },
    hook.bead === undefined && hook.problem === undefined
      ? {
          name: "start",
          text: `${startDirective(role)}\n`,
          budget: 400,
          shrink: 1,
          why: "nothing is on the hook",
        }
      : undefined,
  ];
  return optional.filter((section) => section !== undefined);
}

function shortSections(
  access: PrimeAccess,
  address: Address,
  request: PrimeRequest,
  hook: Hook,
): readonly PrimeSection[] {
  const role = address.role as Role;
  const { bead } = hook;
  const lines = [
    "Your context was compacted or resumed: go on with the current task.",
    ...(bead === undefined
      ? ["Nothing is on your hook."]
      : [`On your hook: ${bead.id} ${quoteLine(bead.title)}`]),
    roleLaws(role).trimEnd(),
    ...(role === "polecat" && bead !== undefined ? ["When it is finished: `gt done`."] : []),
  ];
  return [
    ...(hook.problem === undefined ? [] : [unreadable(hook.problem)]),
    identity(access, request),
    { name: "work", text: `${lines.join("\n")}\n`, budget: 2000, shrink: 1, why: "resumed or compacted" },
  ];
}

function identity(access: PrimeAccess, request: PrimeRequest): PrimeSection {
  const actor = access.actor.replace(/\/$/, "");
  return {
    name: "id",
    text: `[GAS TOWN] role:${actor} pid:${request.pid} session:${request.sessionId}\n`,
    budget: 160,
    shrink: 1,
    why: "always",
  };
}

function unreadable(problem: string): PrimeSection {
  return {
    name: "warn",
    text: `LEDGER UNAVAILABLE: ${quoteLine(problem)}\nThis does not mean that your hook is empty. Do not run gt done. Retry: gt prime\n`,
    budget: 600,
    shrink: 1,
    why: "the ledger could not be read",
  };
}

function warning(hook: Hook, note: HandoffNote | undefined): PrimeSection | undefined {
  if (hook.problem !== undefined) return unreadable(hook.problem);
  if (note === undefined) return undefined;
  const reason = note.reason === "" ? "" : ` (reason: ${quoteLine(note.reason)})`;
  return {
    name: "warn",
    text: `You are the successor: the handoff has happened${reason}. Do not hand off again; go on.\n`,
    budget: 600,
    shrink: 1,
    why: "the session replaces another one",
  };
}

const shownDescriptionLines = 15;

function work({ agent, bead }: Hook): PrimeSection | undefined {
  if (bead === undefined) return undefined;
  const attachment = attachmentOf(bead);
  const description = bead.description.split("\n");
  const shown = description.slice(0, shownDescriptionLines).join("\n");
  const rest = description.length > shownDescriptionLines ? `\n> … bd show ${bead.id}` : "";
  const facts = [
    `${bead.id} ${quoteLine(bead.title)} (${bead.type}, P${bead.priority}, ${bead.status})`,
    ...(agent?.branch ? [`branch ${agent.branch} from ${agent.baseBranch}`] : []),
    ...(attachment.convoy_id === undefined ? [] : [`convoy ${attachment.convoy_id}`]),
    ...(metadataText(bead, "prior_branch") === ""
      ? []
      : [`an earlier attempt is on ${metadataText(bead, "prior_branch")}`]),
  ];
  const parts = [
    "## AUTONOMOUS WORK MODE",
    "This is on your hook. Do it now; nobody confirms it.",
    "",
    ...facts,
    ...(shown.trim() === "" ? [] : ["", quote(shown) + rest]),
    ...(bead.acceptanceCriteria.trim() === ""
      ? []
      : ["", "Acceptance criteria:", quote(bead.acceptanceCriteria)]),
    ...(attachment.args === undefined ? [] : ["", "Instructions of the dispatcher:", quote(attachment.args)]),
    ...(metadataText(bead, "prior_failure") === ""
      ? []
      : ["", "The last attempt failed:", quote(metadataText(bead, "prior_failure"))]),
    ...(attachment.review_only === true ? ["", "Review only: commit and push nothing."] : []),
  ];
  return {
    name: "work",
    text: `${parts.join("\n")}\n`,
    budget: 1500,
    shrink: 1,
    why: "a bead is on the hook",
  };
}

function directives(town: Town, address: Address): PrimeSection | undefined {
  const role = address.role as Role;
  const ofTown = readText(join(town.root, "directives", `${role}.md`));
  const ofRig = address.rig === "" ? "" : readText(join(town.root, address.rig, "directives", `${role}.md`));
  const text = [ofTown, ofRig].filter((part) => part !== "").join("\n");
  if (text === "") return undefined;
  const source = ofTown === "" ? `Rig ${address.rig}` : ofRig === "" ? "Town" : `Town and rig ${address.rig}`;
  return {
    name: "directives",
    text: `## Directives (${source})\nThese are the operator's; where they differ from your brief or workflow, they win.\n\n${text}\n`,
    budget: 1200,
    shrink: 2,
    why: "directive files are there",
  };
}

function handoffSection(note: HandoffNote | undefined): PrimeSection | undefined {
  if (note === undefined) return undefined;
  const body = note.message === "" ? "Look at your hook and the notes of its bead." : note.message;
  return {
    name: "handoff",
    text: `## Handoff from ${note.from}: ${quoteLine(note.subject)}\n${quote(body)}\n`,
    budget: 1200,
    shrink: 2,
    why: "the predecessor left a note",
  };
}

function context(town: Town): PrimeSection | undefined {
  const text = readText(join(town.root, "CONTEXT.md"));
  return text === ""
    ? undefined
    : { name: "context", text: `${text}\n`, budget: 800, shrink: 5, why: "CONTEXT.md is there" };
}

const beadReminder = `## Beads
bd ready                      what can be done now
bd show <id>                  one bead in full
bd update <id> --notes "..."  keep what you found out
bd create "..." -t task       file new work
bd dep add <id> <blocker>     one waits for the other
bd close <id> --reason "..."  finished
`;

function readText(file: string): string {
  if (!existsSync(file)) return "";
  try {
    return sanitise(readFileSync(file, "utf8")).trim();
  } catch {
    return ""; // unreadable counts as absent; gt doctor says so
  }
}

/** Text from outside as what it is: a quotation, line by line, never an instruction of ours. */
const quote = (text: string): string =>
  sanitise(text)
    .trim()
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");

const quoteLine = (text: string): string => sanitiseLine(text).slice(0, 300);
