import { readFileSync } from "node:fs";
import { GtError } from "../../core/gt-error.ts";
import type { Role } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Message } from "../../core/mail/message.ts";
import { sanitise } from "../../core/sanitise.ts";
import { type Address, parseAddress } from "../../core/town/address.ts";
import type { Town } from "../../core/town/town.ts";
import { attachmentOf } from "../lifecycle/attachment.ts";
import { type Checkpoint, readCheckpoint } from "../lifecycle/checkpoint.ts";
import { type HandoffNote, handoffTable, isForRun } from "../lifecycle/handoff-note.ts";
import { readRecord } from "../sessions/session-records.ts";
import { checkpointSection } from "./checkpoint-section.ts";
import { beadReminder, contextSection, directivesSection, memoriesSection } from "./knowledge-sections.ts";
import { fitSections, type FittedSection, type PrimeSection } from "./prime-section.ts";
import { quote, quoteLine } from "./quotation.ts";
import { type HookReading, readHook } from "./read-hook.ts";
import { roleBrief, roleLaws, startDirective } from "./role-brief.ts";
import type { StepsReading } from "./steps-section.ts";
import { patrolSection, townSection } from "./town-sections.ts";
import { readWaiting } from "./waiting-sections.ts";
import { workSection } from "./work-section.ts";

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
  /** Name of the session in the host; empty outside of one. */
  readonly session?: string;
  /** Milliseconds since the epoch; the present by default. */
  readonly now?: number;
  /** What is wrong with the caller's place, said before everything else. */
  readonly warnings?: readonly string[];
}

export type PrimeState = "post-handoff" | "crash-recovery" | "autonomous" | "normal";

export interface Prime {
  readonly actor: string;
  readonly role: Role;
  readonly state: PrimeState;
  readonly hookedBead: string | undefined;
  /** The predecessor's note that is part of it. */
  readonly handoff: HandoffNote | undefined;
  readonly checkpoint: Checkpoint | undefined;
  readonly sections: readonly FittedSection[];
  readonly text: string;
  /** The same with nothing cut. */
  readonly wholeText: string;
  /** What the hooked bead is to be worked by; `missing` is for the caller to put right. */
  readonly steps: StepsReading | undefined;
  /** Mail that it names, to be acknowledged once it is shown. */
  readonly named: readonly Message[];
}

/** What an agent reads when it starts: who it is, what is on its hook, how it works here (spec/03 §6). */
export async function prime(access: PrimeAccess, request: PrimeRequest): Promise<Prime> {
  const address = parseAddress(access.actor);
  if (address === undefined || address.role === "overseer")
    throw new GtError("E_NO_ROLE", "prime is for agents; you are the overseer", { hint: "gt mayor attach" });
  const facts = await readFacts(access, address, request);
  const build = request.variant === "short" ? shortSections : fullSections;
  const all = build(facts, request.cap === undefined);
  const sections = fitSections(all, request.cap ?? Number.POSITIVE_INFINITY);
  const isWhole = sections.every((section) => !section.cut) && request.cap === undefined;
  return {
    actor: access.actor,
    role: facts.role,
    state: stateOf(facts),
    hookedBead: facts.hook.bead?.id,
    handoff: facts.note,
    checkpoint: facts.checkpoint,
    steps: facts.steps,
    sections,
    text: textOf(sections),
    wholeText: isWhole ? textOf(sections) : textOf(build(facts, true)),
    named: request.variant === "short" ? [] : facts.waiting.named,
  };
}

const textOf = (sections: readonly { readonly text: string }[]): string =>
  sections.map((section) => section.text).join("\n");

/** Everything that the sections tell, read once. */
interface Facts {
  readonly access: PrimeAccess;
  readonly request: PrimeRequest;
  readonly address: Address;
  readonly role: Role;
  readonly hook: HookReading;
  readonly steps: StepsReading | undefined;
  readonly stepSections: typeof import("./steps-section.ts") | undefined;
  readonly note: HandoffNote | undefined;
  /** The operator's brief instead of ours. */
  readonly ownBrief: string | undefined;
  readonly checkpoint: Checkpoint | undefined;
  readonly hasCrashed: boolean;
  readonly waiting: Awaited<ReturnType<typeof readWaiting>>;
  readonly others: {
    readonly patrol?: PrimeSection | undefined;
    readonly town?: PrimeSection | undefined;
    readonly memories?: PrimeSection | undefined;
  };
  readonly now: number;
}

async function readFacts(access: PrimeAccess, address: Address, request: PrimeRequest): Promise<Facts> {
  const { town, ledger, actor } = access;
  const { session = "", run, now = Date.now() } = request;
  const role = address.role as Role;
  const hook = await readHook(ledger, actor);
  const isFull = request.variant === "full";
  const hasWorktree = role === "polecat" || role === "crew";
  const checkpoint =
    isFull && hasWorktree && hook.problem === undefined
      ? await readCheckpoint(ledger, actor, { bead: hook.bead?.id ?? "", time: now })
      : undefined;
  return {
    ...{ access, request, address, role, hook, now, checkpoint },
    ...(await readMolecule(access, hook)),
    note: await handoffNote(access, run),
    ownBrief: isFull ? await ownBrief(town, address) : undefined,
    hasCrashed: isFull && hook.bead !== undefined && startedToRecover(town, session, run),
    waiting: await readWaiting({ ledger, actor, address, session, now }),
    others: isFull
      ? {
          patrol: await patrolSection(town, ledger, address),
          town: role === "mayor" ? await townSection(town, ledger) : undefined,
          memories: await memoriesSection(ledger),
        }
      : {},
  };
}

/** Most work that agents are asked about at each start has none: its code is loaded only for what has. */
async function readMolecule(
  access: PrimeAccess,
  { bead }: HookReading,
): Promise<Pick<Facts, "steps" | "stepSections">> {
  if (bead === undefined || (attachmentOf(bead).molecule === undefined && bead.type !== "molecule"))
    return { steps: undefined, stepSections: undefined };
  const stepSections = await import("./steps-section.ts");
  return { steps: await stepSections.readSteps(access, bead), stepSections };
}

/** The brief of the role's `prompt_template`. A definition that cannot be used counts as none: the start said so. */
async function ownBrief(town: Town, address: Address): Promise<string | undefined> {
  try {
    const { fillIn, roleDefinition } = await import("../runtimes/role-definition.ts");
    const { promptTemplate } = await roleDefinition(town, address.role as Role, address.rig);
    if (promptTemplate === "") return undefined;
    return `${fillIn(sanitise(readFileSync(promptTemplate, "utf8")).trim(), town, address)}\n`;
  } catch {
    return undefined;
  }
}

/** Whoever started the session said that it goes on after a crash. */
function startedToRecover(town: Town, session: string, run: string): boolean {
  if (session === "" || run === "") return false;
  const record = readRecord(town.paths.sessions, session);
  return record?.runId === run && (record.topic ?? "").startsWith("recovery");
}

/** A handoff that happened before this session; without a run nobody knows whether one did. */
async function handoffNote({ ledger, actor }: PrimeAccess, run: string): Promise<HandoffNote | undefined> {
  if (run === "") return undefined;
  const row = await ledger.row<HandoffNote>(handoffTable, actor).catch(() => undefined); // said by the hook's problem
  return row !== undefined && isForRun(row.value, run) ? row.value : undefined;
}

function stateOf({ hook, note, checkpoint, hasCrashed, request }: Facts): PrimeState {
  if (note !== undefined && note.takenBy === undefined) return "post-handoff";
  if (hook.bead === undefined) return "normal";
  const isOfAnotherRun = checkpoint !== undefined && checkpoint.run !== request.run;
  return hasCrashed || isOfAnotherRun ? "crash-recovery" : "autonomous";
}

/** In the order of spec/03 §6.4. `isWhole`: nothing inside of a section is shortened, either. */
function fullSections(facts: Facts, isWhole: boolean): readonly PrimeSection[] {
  const { access, address, role, hook, note, waiting, others } = facts;
  const waitingFor = (name: string): PrimeSection | undefined =>
    waiting.sections.find((section) => section.name === name);
  const optional: readonly (PrimeSection | undefined)[] = [
    warning(facts),
    identity(facts),
    workSection(hook, isWhole),
    facts.stepSections?.stepsSection(facts.steps, role, isWhole),
    brief(facts),
    directivesSection(access.town, address),
    handoffSection(note),
    checkpointSection({ ...facts, bead: hook.bead }),
    others.patrol,
    waitingFor("mail"),
    waitingFor("nudges"),
    waitingFor("escalations"),
    others.town,
    others.memories,
    contextSection(access.town),
    beadReminder,
    hook.bead === undefined && hook.problem === undefined ? start(role) : undefined,
  ];
  return optional.filter((section) => section !== undefined);
}

function shortSections(facts: Facts): readonly PrimeSection[] {
  const { role, hook, waiting } = facts;
  const { bead } = hook;
  const lines = [
    "Your context was compacted or resumed: go on with the current task.",
    ...(bead === undefined
      ? hook.problem === undefined
        ? ["Nothing is on your hook."]
        : []
      : [`On your hook: ${bead.id} ${quoteLine(bead.title)} (bd show ${bead.id})`]),
    ...[facts.stepSections?.stepsLine(facts.steps)].filter((line) => line !== undefined),
    roleLaws(role).trimEnd(),
    ...(role === "polecat" && bead !== undefined ? ["When it is finished: `gt done`."] : []),
    ...(waiting.unread === 0 ? [] : [`Unread mail: ${waiting.unread} (gt mail inbox)`]),
  ];
  return [
    warning(facts),
    identity(facts),
    {
      name: "work",
      text: `${lines.join("\n")}\n`,
      budget: 2000,
      shrink: 1,
      why: "resumed or compacted",
    } as const,
  ].filter((section) => section !== undefined);
}

function brief({ access, address, role, ownBrief: own }: Facts): PrimeSection {
  const rig = address.rig === "" ? undefined : access.town.findRig(address.rig);
  const ours = roleBrief(role, {
    town: access.town.name,
    rig: address.rig,
    name: address.name,
    prefix: rig?.prefix ?? "hq",
    branch: rig?.defaultBranch ?? "main",
  });
  return {
    name: "role",
    text: own ?? ours,
    minimum: `## Your laws\n${roleLaws(role)}`,
    budget: 2600,
    shrink: 3,
    why: own === undefined ? `brief of the role ${role}` : `the role's own prompt_template`,
  };
}

function start(role: Role): PrimeSection {
  return {
    name: "start",
    text: `${startDirective(role)}\n`,
    budget: 400,
    shrink: 1,
    why: "nothing is on the hook",
  };
}

function identity({ access, request }: Facts): PrimeSection {
  const actor = access.actor.replace(/\/$/, "");
  return {
    name: "id",
    text: `[GAS TOWN] role:${actor} pid:${request.pid} session:${quoteLine(request.sessionId)}\n`,
    budget: 160,
    shrink: 1,
    why: "always",
  };
}

/** What would make everything below it wrong. */
function warning({ hook, note, request }: Facts): PrimeSection | undefined {
  const lines = [
    ...(request.warnings ?? []),
    ...(hook.problem === undefined
      ? []
      : [
          "LEDGER UNAVAILABLE",
          quote(quoteLine(hook.problem)),
          "This does not mean that your hook is empty. Do not run gt done. Retry: gt prime",
        ]),
    ...(note === undefined || note.takenBy !== undefined
      ? []
      : [
          "You are the successor: the handoff has happened. Do not hand off again; go on.",
          ...(note.reason === "" ? [] : [quote(`reason: ${quoteLine(note.reason)}`)]),
        ]),
  ];
  if (lines.length === 0) return undefined;
  return {
    name: "warn",
    text: `${lines.join("\n")}\n`,
    budget: 600,
    shrink: 1,
    why: "something has to be known before anything else",
  };
}

function handoffSection(note: HandoffNote | undefined): PrimeSection | undefined {
  if (note === undefined) return undefined;
  const body = note.message === "" ? "Look at your hook and the notes of its bead." : note.message;
  return {
    name: "handoff",
    text: `## Handoff\n${quote(`from ${quoteLine(note.from)}: ${quoteLine(note.subject)}`)}\n${quote(body)}\n`,
    budget: 1200,
    shrink: 2,
    why: "the predecessor left a note",
  };
}
