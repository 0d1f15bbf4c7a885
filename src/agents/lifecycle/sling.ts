import { setTimeout as pause } from "node:timers/promises";
import { beadsBelow } from "../../core/convoys/beads-below.ts";
import { type TrackedBead, trackedBeads, trackedIds } from "../../core/convoys/convoy-snapshot.ts";
import { feedLockName, isConvoy, isSlingable } from "../../core/convoys/convoy.ts";
import { newConvoy } from "../../core/convoys/new-convoy.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { acquireLock, type Lock } from "../../core/lock/lock.ts";
import { unattended } from "../../core/ledger/unattended.ts";
import { tellingRole } from "../../core/mail/role-message.ts";
import { formatAddress, isRoleWord, parseAddress, wordHere } from "../../core/town/address.ts";
import type { TownAccess } from "../town-access.ts";
import type { Dispatch } from "./dispatch-polecat.ts";
import { slingBead } from "./sling-bead.ts";
import { planSling, type SlingOptions } from "./sling-request.ts";
import type { SlingTarget } from "./sling-target.ts";
import { trackingConvoy } from "./tracking-convoy.ts";

export interface SlingRequest {
  /** Beads, and at the end perhaps a target, as typed. */
  readonly words: readonly string[];
  readonly options: SlingOptions;
  /** The caller's rig: whose `witness` and `refinery` are meant. */
  readonly rig?: string;
  /** How a batch waits between its parts; tests do not. */
  readonly pause?: (ms: number) => Promise<unknown>;
}

export interface SlingReport {
  readonly kind: "bead" | "batch" | "container";
  readonly dispatched: readonly Dispatch[];
  readonly failed: readonly { readonly bead: string; readonly error: GtError }[];
  /** Members of a container that were not dispatched, by reason. */
  readonly skipped: readonly { readonly bead: string; readonly reason: SkipReason }[];
  /** The epic of which beads are left for later: nobody feeds them by itself. */
  readonly again?: string;
  /** The convoy of a batch; without an id in a dry run. */
  readonly convoy?: { readonly id: string; readonly title: string };
}

export type SkipReason = "closed" | "assigned" | "blocked" | "no rig" | "later";

const batchPauseMs = 6000;

/**
 * Puts work on hooks and starts the agents (spec/04 §2). One bead throws its error; a batch or a container goes on and
 * reports what failed.
 */
export async function sling(caller: TownAccess, request: SlingRequest): Promise<SlingReport> {
  expectDispatcher(caller.actor);
  const access = request.options.noBoot === true ? { ...caller, ledger: unattended(caller.ledger) } : caller;
  const typed = request.words.map((word) => word.replace(/\/+$/, "") || word);
  const { words, options } = withFormula(withAddress(typed, access, request.rig), request.options);
  const { isFormula } = await import("./sling-formula.ts");
  const namesFormula = (word: string): boolean => isFormula(access, word, words.at(-1));
  const found = await findBeads(access, words, namesFormula);
  const plan = planSling(words, found, options, namesFormula);
  switch (plan.kind) {
    case "bead":
      return report("bead", [await slingBead(access, plan.bead, plan.target, options)]);
    case "batch":
      return slingBatch(access, plan, options, request.pause ?? pause);
    case "container":
      return slingMembers(access, plan.container, options);
    case "formula": {
      const { slingFormula } = await import("./sling-formula.ts");
      return report("bead", [await slingFormula(access, plan, options)]);
    }
  }
}

/** `E_POLECAT_CALLER` (spec/04 §2.2). */
export function expectDispatcher(actor: string): void {
  if (parseAddress(actor)?.role !== "polecat") return;
  throw new GtError("E_POLECAT_CALLER", "polecats do not dispatch work; finish with gt done", {
    hint: "gt done",
  });
}

/** A bare `witness`, `refinery` or `crew` at the end, as the address that it is from here (spec/04 §1.1). */
function withAddress(
  words: readonly string[],
  { town, actor }: TownAccess,
  rig: string | undefined,
): readonly string[] {
  const last = words.at(-1);
  if (last === undefined || words.length < 2) return words;
  const here = wordHere(last, { town, actor, rig: rig ?? parseAddress(actor)?.rig });
  return here === undefined ? words : [...words.slice(0, -1), formatAddress(here)];
}

/** `gt sling <formula> --on <bead> [target]` is `gt sling <bead> [target] --formula <formula>`. */
function withFormula(
  words: readonly string[],
  { on, ...options }: SlingOptions,
): { readonly words: readonly string[]; readonly options: SlingOptions } {
  const [formula, ...rest] = words;
  if (on === undefined || formula === undefined) return { words, options };
  return { words: [on, ...rest], options: { ...options, formula } };
}

/** The beads among the words, by word: exact ids first, fragments of ids where nothing else has that name. */
async function findBeads(
  access: TownAccess,
  words: readonly string[],
  namesFormula: (word: string) => boolean,
): Promise<ReadonlyMap<string, Bead>> {
  const found = new Map(await access.ledger.getMany(words));
  const isTaken = (word: string): boolean =>
    /[/:.]/.test(word) ||
    isRoleWord(word) ||
    access.town.findRig(word) !== undefined ||
    (word === words[0] && namesFormula(word));
  for (const word of words) {
    if (found.has(word) || isTaken(word)) continue;
    const id = await access.ledger.resolve(word).catch((error: unknown) => {
      // No bead of that name is an answer here; an ambiguous fragment is the person's to settle.
      if (error instanceof GtError && error.code === "E_NOT_FOUND") return undefined;
      throw error;
    });
    const bead = id === undefined ? undefined : await access.ledger.get(id);
    // Agents are meant by their addresses, never by a piece of their bead's id.
    if (bead !== undefined && bead.type !== "agent") found.set(word, bead);
  }
  return found;
}

async function slingBatch(
  access: TownAccess,
  { beads, target }: { readonly beads: readonly Bead[]; readonly target: SlingTarget | undefined },
  options: SlingOptions,
  wait: (ms: number) => Promise<unknown>,
): Promise<SlingReport> {
  const rig = batchRig(access, beads, target, options);
  const convoy = options.convoy === "none" ? undefined : await batchConvoy(access, beads, rig, options);
  const limit = options.dryRun === true ? 0 : (options.maxConcurrent ?? 0);
  const dispatched: Dispatch[] = [];
  const failed: { bead: string; error: GtError }[] = [];
  const held = convoy === undefined || convoy.id === "" ? undefined : await holdFeeding(access, convoy.id);
  try {
    for (const [index, bead] of beads.entries()) {
      if (limit > 0 && index > 0 && index % limit === 0) await wait(batchPauseMs);
      try {
        dispatched.push(
          await slingOfBatch(access, bead, { kind: "rig", rig }, amongOthers(options, dispatched)),
        );
      } catch (error) {
        if (!(error instanceof GtError)) throw error;
        failed.push({ bead: bead.id, error });
      }
    }
  } finally {
    held?.release();
  }
  return { ...report("batch", dispatched), failed, ...(convoy === undefined ? {} : { convoy }) };
}

/** Several beads have one convoy, and in a dry run each a polecat of its own. */
function amongOthers(options: SlingOptions, before: readonly Dispatch[]): SlingOptions {
  const promised = new Set(before.map(({ agent }) => agent));
  return { ...options, convoy: "none", ...(options.dryRun === true ? { promised } : {}) };
}

/** What one bead of several lacks of the workflow's variables does not keep it from being done. */
async function slingOfBatch(
  access: TownAccess,
  bead: Bead,
  target: SlingTarget,
  options: SlingOptions,
): Promise<Dispatch> {
  try {
    return await slingBead(access, bead, target, options);
  } catch (error) {
    if (!(error instanceof GtError) || error.code !== "E_FORMULA_VARS") throw error;
    const { formula: _, vars: __, ...others } = options;
    const dispatch = await slingBead(access, bead, target, { ...others, raw: true });
    return {
      ...dispatch,
      warnings: [`${bead.id} is worked on without a workflow: ${error.message}`, ...dispatch.warnings],
    };
  }
}

/** The one rig of a batch; every bead must belong to it before anything is dispatched (spec/04 §2.9). */
function batchRig(
  access: TownAccess,
  beads: readonly Bead[],
  target: SlingTarget | undefined,
  options: SlingOptions,
): string {
  const owners = beads.map((bead) => ({ bead, rig: access.town.rigOfBead(bead.id)?.name }));
  const rig = target?.kind === "rig" ? access.town.rig(target.rig).name : owners[0]?.rig;
  if (rig === undefined)
    throw new GtError("E_TARGET", `${owners[0]?.bead.id} belongs to no rig; name one`, {
      hint: `gt sling ${beads.map((bead) => bead.id).join(" ")} <rig>`,
    });
  const stranger = options.force === true ? undefined : owners.find((owner) => owner.rig !== rig);
  if (stranger !== undefined)
    throw new GtError(
      "E_CROSS_RIG",
      `${stranger.bead.id} does not belong to ${rig}; nothing was dispatched`,
      {
        why: ["leave it out, sling it to its own rig, or use --force"],
        hint:
          stranger.rig === undefined
            ? `bd show ${stranger.bead.id}`
            : `gt sling ${stranger.bead.id} ${stranger.rig}`,
      },
    );
  return rig;
}

/** While a command dispatches a convoy's beads, with the options it was given, the daemon does not feed it. */
function holdFeeding(access: TownAccess, convoy: string): Promise<Lock> {
  return acquireLock(access.town.paths.locks, feedLockName(convoy), {
    kind: "sling",
    subject: `convoy ${convoy}`,
    waitMs: 10_000,
  });
}

async function batchConvoy(
  access: TownAccess,
  beads: readonly Bead[],
  rig: string,
  options: SlingOptions,
): Promise<SlingReport["convoy"]> {
  const untracked: Bead[] = [];
  for (const bead of beads) {
    if (bead.status !== "closed" && (await trackingConvoy(access, bead)) === undefined) untracked.push(bead);
  }
  if (untracked.length === 0) return undefined;
  const title = `Batch: ${beads.length} beads to ${rig}`;
  if (options.dryRun === true) return { id: "", title };
  const { named } = await access.ledger.write(
    access.actor,
    newConvoy({
      title,
      owner: access.actor,
      issues: untracked.map((bead) => bead.id),
      ...(options.owned === true ? { owned: true } : {}),
      fields: {
        ...(options.merge === undefined ? {} : { merge: options.merge }),
        ...(options.baseBranch === undefined ? {} : { base_branch: options.baseBranch }),
      },
    }),
  );
  const id = named["convoy"] ?? "";
  const ids = beads.map((bead) => bead.id);
  await access.ledger.write(
    access.actor,
    tellingRole(access, {
      ...{ from: access.actor, to: `${rig}/witness`, rig, subject: "SWARM_START" },
      values: { SwarmID: id, Beads: ids.join(", "), Total: ids.length },
    }),
  );
  return { id, title };
}

/** All open children of an epic, or all beads of a convoy, each to its own rig (spec/04 §2.9). */
async function slingMembers(
  access: TownAccess,
  container: Bead,
  options: SlingOptions,
): Promise<SlingReport> {
  const { ledger } = access;
  const ids = isConvoy(container)
    ? ((await trackedIds(ledger, [container])).get(container.id) ?? [])
    : (await beadsBelow(ledger, container.id)).map((bead) => bead.id);
  const members = [...(await trackedBeads(ledger, ids)).values()].filter(({ bead }) => isSlingable(bead));
  const limit = options.maxConcurrent ?? 0;
  const dispatched: Dispatch[] = [];
  const failed: { bead: string; error: GtError }[] = [];
  const skipped: { bead: string; reason: SkipReason }[] = [];
  const held = isConvoy(container) ? await holdFeeding(access, container.id) : undefined;
  try {
    for (const member of members) {
      const { id } = member.bead;
      const reason =
        skipReason(access, member, options) ??
        (limit > 0 && dispatched.length >= limit ? "later" : undefined);
      if (reason !== undefined) {
        skipped.push({ bead: id, reason });
        continue;
      }
      try {
        dispatched.push(
          await slingBead(access, member.bead, ownRig(access, member.bead), amongOthers(options, dispatched)),
        );
      } catch (error) {
        if (!(error instanceof GtError)) throw error;
        failed.push({ bead: id, error });
      }
    }
  } finally {
    held?.release();
  }
  const isUnfed = !isConvoy(container) && skipped.some(({ reason }) => reason === "later");
  return {
    ...report("container", dispatched),
    ...{ failed, skipped },
    ...(isUnfed ? { again: container.id } : {}),
  };
}

/** The rig of the bead's prefix, whoever slings: the container's children choose their own rigs. */
function ownRig(access: TownAccess, bead: Bead): SlingTarget {
  return { kind: "rig", rig: access.town.rigOfBead(bead.id)?.name ?? "" };
}

function skipReason(
  access: TownAccess,
  { bead, blockers }: TrackedBead,
  options: SlingOptions,
): SkipReason | undefined {
  if (bead.status === "closed") return "closed";
  if (bead.assignee !== "" && options.force !== true) return "assigned";
  if ((blockers.length > 0 || bead.isBlocked) && options.force !== true) return "blocked";
  return access.town.rigOfBead(bead.id) === undefined ? "no rig" : undefined;
}

function report(kind: SlingReport["kind"], dispatched: readonly Dispatch[]): SlingReport {
  return { kind, dispatched, failed: [], skipped: [] };
}
