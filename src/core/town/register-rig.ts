import { join } from "node:path";
import { type Clock, formatTime } from "../clock.ts";
import { crashPoint } from "../crash-point.ts";
import { recordEvents } from "../events/event-log.ts";
import { redactUrl, storableUrl } from "../git/git-url.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";
import { agentBeadId } from "./agent-names.ts";
import { writeRegistryEntry } from "./change-registry.ts";
import { readJsonFile, writeJsonFile } from "./json-file.ts";
import { addToPatrolLists } from "./patrol-lists.ts";
import { rigFile, rigSettingsFile } from "./paths.ts";
import { rigBeadId } from "./rig-properties.ts";
import type { PrefixOwners } from "./rig-prefix.ts";
import type { Rig, Town } from "./town.ts";
import { commitToTown } from "./town-commit.ts";
import { beadsConfig } from "./town-template.ts";
import { writeFileAtomic } from "./write-file.ts";

/** A project whose repository and worktrees are in place. */
export interface RigRegistration {
  readonly name: string;
  readonly prefix: string;
  readonly url: string;
  readonly pushUrl: string | undefined;
  readonly upstreamUrl: string | undefined;
  readonly localRepo: string | undefined;
  readonly branch: string;
  readonly mergeQueue: Readonly<Record<string, unknown>>;
  /** Hash of the project's own settings whose commands a person has accepted. */
  readonly acceptedProject: string | undefined;
  readonly actor: string;
  readonly clock: Clock;
  /** Told before each step, for whoever keeps a journal. */
  readonly journal: (step: "files" | "ledger" | "registry") => Promise<void>;
}

/**
 * Makes a project a rig of the town: files, ledger, and the registry entry as the commit point (spec/07 §5.3 steps 5-7).
 * Needs the registry lock. What can be undone is undone when it fails.
 */
export async function registerRig(
  town: Town,
  ledger: Ledger,
  registration: RigRegistration,
): Promise<{ readonly rig: Rig; readonly warnings: readonly string[] }> {
  const { name, actor, clock, journal } = registration;
  await journal("files");
  await writeRigFiles(town.root, registration);
  await journal("ledger");
  const undo = await registerInLedger(ledger, registration);
  try {
    await journal("registry");
    await writeRegistryEntry(town.root, name, {
      ...urls(registration),
      added_at: formatTime(clock.now()),
      beads: { repo: "local", prefix: registration.prefix },
    });
  } catch (error) {
    await ledger.write(actor, undo);
    throw error;
  }
  crashPoint("rig-add.registered");
  const rig = town.rig(name);
  return { rig, warnings: await afterRegistration(town, rig, actor, clock) };
}

/** Who has which prefix, by the registry and the ledger. */
export async function prefixOwners(town: Town, ledger: Ledger): Promise<PrefixOwners> {
  const owners = new Map(town.rigs().map((rig) => [rig.prefix, rig.name]));
  for (const { prefix, scope } of await ledger.prefixes()) owners.set(prefix, scope);
  return owners;
}

/** Files that are there already keep what a person wrote into them. */
async function writeRigFiles(root: string, registration: RigRegistration): Promise<void> {
  const { name, branch, prefix, mergeQueue, acceptedProject, clock } = registration;
  const identity = rigFile(root, name);
  await writeJsonFile(identity, {
    type: "rig",
    version: 1,
    name,
    created_at: formatTime(clock.now()),
    ...readJsonFile(identity),
    ...urls(registration),
    default_branch: branch,
    beads: { prefix },
  });
  const settings = rigSettingsFile(root, name);
  await writeJsonFile(settings, {
    type: "rig-settings",
    version: 1,
    ...(Object.keys(mergeQueue).length > 0 ? { merge_queue: mergeQueue } : {}),
    ...readJsonFile(settings),
    ...(acceptedProject === undefined ? {} : { project_settings_sha256: acceptedProject }),
  });
  await writeFileAtomic(join(root, name, ".beads", "config.yaml"), beadsConfig(prefix));
}

/** Empty optional keys are left out (spec/07 §4.4). */
function urls({ url, pushUrl, upstreamUrl, localRepo }: RigRegistration) {
  return {
    git_url: url,
    ...(pushUrl ? { push_url: storableUrl(pushUrl) } : {}),
    ...(upstreamUrl ? { upstream_url: storableUrl(upstreamUrl) } : {}),
    ...(localRepo ? { local_repo: localRepo } : {}),
  };
}

/** Prefix, the rig's bead and its two permanent agents. Returns what takes the beads back. */
async function registerInLedger(
  ledger: Ledger,
  { name, prefix, url, actor }: RigRegistration,
): Promise<readonly Operation[]> {
  const rig = { name, prefix };
  const rigBead = rigBeadId(rig);
  const agents = (["witness", "refinery"] as const).map((role) => ({
    id: agentBeadId({ role, rig: name, name: "" }, rig),
    address: `${name}/${role}`,
    role,
    rig: name,
    name: role,
    state: "stopped" as const,
  }));
  // Apart from the rest, whose ids the ledger only takes under a prefix that it knows.
  await ledger.write(actor, [{ op: "registerPrefix", prefix, scope: name, path: name }]);
  const known = await ledger.get(rigBead);
  await ledger.write(actor, [
    known === undefined
      ? identityOf(rig, url)
      : { op: "update", id: rigBead, fields: { metadata: rigFacts(rig, url) } },
    ...agents.map((agent): Operation => ({ op: "ensureAgent", agent })),
  ]);
  if (known !== undefined) return [];
  return [rigBead, ...agents.map((agent) => agent.id)].map(
    (id): Operation => ({ op: "delete", id, reason: `adding the rig ${name} failed` }),
  );
}

/** Makes the identity bead of a registered rig. Exported, so that other clones learn what holds for the whole project (spec/01 §9.1). */
export function identityOf(rig: Pick<Rig, "name" | "prefix">, url: string): Operation {
  const { name } = rig;
  const bead = { id: rigBeadId(rig), scope: name, title: name, type: "rig" as const };
  return { op: "create", bead: { ...bead, metadata: rigFacts(rig, url) } };
}

const rigFacts = ({ prefix }: Pick<Rig, "prefix">, url: string) => ({
  rig: { repo: url, prefix, state: "operational" },
});

/** Event, patrol lists and the town commit: the rig is there, so that a failure is only a warning. */
export async function afterRegistration(
  town: Town,
  rig: Rig,
  actor: string,
  clock: Clock,
): Promise<readonly string[]> {
  recordEvents(town.paths.events, [
    {
      ts: new Date(clock.now()).toISOString(),
      source: "gt",
      type: "rig_added",
      actor,
      payload: { rig: rig.name, prefix: rig.prefix, url: redactUrl(rig.gitUrl) },
      visibility: "feed",
      id: `rig_added:${rig.name}:${rig.addedAt}`,
    },
  ]);
  try {
    await addToPatrolLists(town.root, rig.name);
    await commitToTown(town.root, town.overseer(), `chore: add rig ${rig.name}`, [
      "mayor/rigs.json",
      "mayor/daemon.json",
      `${rig.name}/config.json`,
      `${rig.name}/settings/config.json`,
      `${rig.name}/.beads/config.yaml`,
    ]);
    return [];
  } catch (error) {
    return [`the town repository was not updated: ${(error as Error).message}`];
  }
}
