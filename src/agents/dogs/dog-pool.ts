import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { removeWorktree } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { leaving } from "../../core/mail/change-mail.ts";
import { inbox } from "../../core/mail/mailbox.ts";
import { withLock } from "../../core/lock/lock.ts";
import { isReservedName } from "../../core/town/address.ts";
import { agentBeadId } from "../../core/town/agent-names.ts";
import { numberSetting } from "../../core/town/setting.ts";
import { liveSession } from "../lifecycle/agent-session.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import {
  type DogJob,
  type DogRecord,
  type DogResult,
  forgetDog,
  ownProcess,
  putDog,
  readDog,
} from "./dog-record.ts";
import { dogAddress, dogHome, keepDogWork } from "./dog-worktree.ts";

const names = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"];
const lockWaitMs = 10_000;
/** On the mail that tells a dog of its job. */
export const dogWorkLabel = "dog-work";

/** All dogs that there are, by name. */
export async function dogs(access: TownAccess): Promise<readonly Agent[]> {
  const found = await access.ledger.agents({ role: "dog" });
  return found.filter((agent) => agent.state !== "nuked").sort((one, two) => (one.name < two.name ? -1 : 1));
}

/** Makes a dog's place. `E_DOG_NAME` for a name that cannot be one, `E_EXISTS` when there is one of this name. */
export async function addDog(access: TownAccess, name: string): Promise<void> {
  expectDogName(name);
  await withPool(access, async () => {
    if ((await dogs(access)).some((dog) => dog.name === name))
      throw new GtError("E_EXISTS", `there is a dog ${name} already`, { hint: `gt dog status ${name}` });
    await access.ledger.write(access.actor, making(access, name));
  });
}

function expectDogName(name: string): void {
  if (/^[a-z0-9][a-z0-9-]{0,30}$/.test(name) && !isReservedName(name)) return;
  throw new GtError("E_DOG_NAME", `"${name}" cannot be a dog's name`, {
    why: ["lower-case letters, digits and hyphens; the names of roles are taken"],
    hint: `gt dog add ${nextName(new Set())}`,
  });
}

export interface DogWish {
  /** This one and no other. */
  readonly name?: string;
  /** The named one may be new. */
  readonly create?: boolean;
}

export interface ClaimRequest extends DogWish {
  readonly work: string;
  readonly kind: DogJob["kind"];
  /** A process other than this one does the work. */
  readonly owner?: DogJob["owner"];
  readonly timeoutMs?: number;
}

/**
 * Gives a job to an idle dog, a new one if all are busy and there may be one more (spec/04 §10.3). Undefined when nobody
 * is free; `E_DOG_NOT_FOUND`, `E_DOG_BUSY` for one that was named.
 */
export async function claimDog(access: TownAccess, request: ClaimRequest): Promise<string | undefined> {
  return withPool(access, async () => {
    const all = await dogs(access);
    const now = access.clock.now();
    const job: DogJob = {
      work: request.work,
      kind: request.kind,
      startedAt: now,
      ...(request.timeoutMs === undefined ? {} : { timeoutMs: request.timeoutMs }),
      ...(request.kind === "code" ? { owner: request.owner ?? ownProcess() } : {}),
    };
    const choice = chooseDog(access, all, request);
    if (choice === undefined) return undefined;
    const { name, chosen } = choice;
    const address = dogAddress(name);
    await access.ledger.write(access.actor, [
      ...(chosen === undefined
        ? making(access, name)
        : [{ op: "expectAgent", address, expected: { state: chosen.state, hookBead: "" } } as const]),
      { op: "setAgent", address, fields: { state: "working" } },
      putDog(name, { ...(await readDog(access.ledger, name)), job, lastActiveAt: now }),
      {
        op: "event",
        event: { type: "dog_dispatched", payload: { dog: name, work: request.work, plugin: request.work } },
      },
    ]);
    return name;
  });
}

/** Address of the dog that a job would be given to now; the errors of `claimDog`, and `E_NO_DOG`. */
export async function previewDog(access: TownAccess, wish: DogWish): Promise<string> {
  const choice = chooseDog(access, await dogs(access), wish);
  if (choice === undefined) throw noDog();
  return dogAddress(choice.name);
}

/** Nobody is free, and there may be no more. */
export const noDog = (): GtError =>
  new GtError("E_NO_DOG", "all dogs are working", {
    why: ["there are as many as operational.daemon.max_dogs allows"],
    hint: "gt dog list",
  });

/** An idle dog, or the name of a new one; undefined when there may be no more. */
function chooseDog(
  { town }: TownAccess,
  all: readonly Agent[],
  { name, create }: DogWish,
): { readonly name: string; readonly chosen: Agent | undefined } | undefined {
  const isNew = name !== undefined && create === true && !all.some((dog) => dog.name === name);
  if (isNew) expectDogName(name);
  const chosen = isNew ? undefined : name === undefined ? all.find(isFree) : named(all, name);
  if (chosen !== undefined) return { name: chosen.name, chosen };
  if (all.length >= numberSetting(town.settings(), "operational.daemon.max_dogs")) return undefined;
  return { name: name ?? nextName(new Set(all.map((dog) => dog.name))), chosen };
}

/** Whether a job would find a dog now. */
export async function hasFreeDog(access: TownAccess): Promise<boolean> {
  const all = await dogs(access);
  return (
    all.some(isFree) || all.length < numberSetting(access.town.settings(), "operational.daemon.max_dogs")
  );
}

const isFree = (dog: Agent): boolean => dog.state !== "working" && dog.hookBead === "";

function named(all: readonly Agent[], name: string): Agent {
  const dog = all.find((each) => each.name === name);
  if (dog === undefined)
    throw new GtError("E_DOG_NOT_FOUND", `there is no dog ${name}`, { hint: `gt dog add ${name}` });
  if (!isFree(dog))
    throw new GtError("E_DOG_BUSY", `the dog ${name} is working`, { hint: `gt dog status ${name}` });
  return dog;
}

/**
 * Ends a dog's job, whatever came of it: what is still on its hook is anyone's again. Only the job `work` when it is
 * given, so that a late report never ends the next one. False when there was nothing to end.
 */
export async function freeDog(
  access: TownAccess,
  name: string,
  end: { readonly result: DogResult; readonly work?: string; readonly operations?: readonly Operation[] },
): Promise<boolean> {
  return withPool(access, async () => {
    const address = dogAddress(name);
    const [agent, record] = await Promise.all([access.ledger.agent(address), readDog(access.ledger, name)]);
    if (agent === undefined) return false;
    const work = record?.job?.work ?? "";
    if (end.work !== undefined && end.work !== work) return false;
    if (record?.job === undefined && agent.state !== "working" && agent.hookBead === "") return false;
    const mail = await inbox(access.ledger, address);
    const workMail = mail.filter(({ labels }) => labels.includes(dogWorkLabel));
    const now = access.clock.now();
    const after: DogRecord = { lastActiveAt: now, last: { work, result: end.result, at: now } };
    await access.ledger.write(access.actor, [
      { op: "expectAgent", address, expected: { state: agent.state, hookBead: agent.hookBead } },
      { op: "unhook", address },
      { op: "setAgent", address, fields: { state: "idle", hookState: "" } },
      ...workMail.flatMap((message) => leaving(message, "archived")),
      putDog(name, after),
      ...(end.operations ?? []),
      {
        op: "event",
        event:
          end.result === "timeout"
            ? { type: "dog_timeout", payload: { dog: name, work } }
            : { type: "dog_done", payload: { dog: name, plugin: work, result: end.result } },
      },
    ]);
    return true;
  });
}

/** Removes dogs and their places. `E_DOG_BUSY` for one that works, unless forced. */
export async function removeDog(
  access: TownAccess,
  name: string,
  options: { readonly force: boolean },
): Promise<void> {
  const address = dogAddress(name);
  await withPool(access, async () => {
    const dog = (await dogs(access)).find((each) => each.name === name);
    if (dog === undefined)
      throw new GtError("E_DOG_NOT_FOUND", `there is no dog ${name}`, { hint: "gt dog list" });
    const isBusy = !isFree(dog) || (await liveSession(access, address)) !== undefined;
    if (isBusy && !options.force)
      throw new GtError("E_DOG_BUSY", `the dog ${name} is working`, {
        hint: `gt dog remove ${name} --force`,
      });
    await stopAgentSession(access, address, "killed", { force: true });
    for (const rig of access.town.rigs()) {
      if (!existsSync(join(dogHome(access.town, name), rig.name))) continue;
      await keepDogWork(access, rig, name);
      await removeWorktree(rig.repository, join(dogHome(access.town, name), rig.name));
    }
    rmSync(dogHome(access.town, name), { recursive: true, force: true, maxRetries: 3 });
    await access.ledger.write(access.actor, [
      { op: "expectAgent", address, expected: { hookBead: dog.hookBead } },
      { op: "unhook", address },
      { op: "setAgent", address, fields: { state: "nuked", hookState: "" } },
      forgetDog(name),
    ]);
  });
}

function making(access: TownAccess, name: string): readonly Operation[] {
  mkdirSync(dogHome(access.town, name), { recursive: true });
  const dog = { role: "dog", rig: "", name } as const;
  const address = dogAddress(name);
  return [
    { op: "ensureAgent", agent: { id: agentBeadId(dog), address, ...dog, state: "idle" } },
    { op: "setAgent", address, fields: { state: "idle" } },
    putDog(name, { lastActiveAt: access.clock.now() }),
  ];
}

/** alpha, bravo ... hotel, then dog1, dog2 ... */
function nextName(taken: ReadonlySet<string>): string {
  const free = names.find((name) => !taken.has(name));
  if (free !== undefined) return free;
  for (let number = 1; ; number++) if (!taken.has(`dog${number}`)) return `dog${number}`;
}

function withPool<T>(access: TownAccess, work: () => Promise<T>): Promise<T> {
  return withLock(access.town.paths.locks, "pool-dogs", { kind: "dog", waitMs: lockWaitMs }, work);
}
