import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import { openTownLedger } from "../../core/ledger/town-ledger.ts";
import { addRig } from "../../core/town/add-rig.ts";
import { writeJsonFile } from "../../core/town/json-file.ts";
import { installTown } from "../../core/town/install-town.ts";
import { openTown } from "../../core/town/open-town.ts";
import { townSettingsFile } from "../../core/town/paths.ts";
import type { Town } from "../../core/town/town.ts";
import { type DemoProject, notes, shop } from "./demo-project.ts";
import { makeDemoRepository } from "./demo-repository.ts";
import { createDemoWork } from "./demo-work.ts";

export interface DemoRequest {
  /** Where the town is made; a temporary directory, removed afterwards, without. */
  readonly directory?: string;
  readonly cwd: string;
  readonly pace: DemoPace;
  readonly onStage?: (stage: string) => void;
}

/** How fast the agents work, and when one that says nothing counts as stalled. */
export interface DemoPace {
  readonly pauseSeconds: number;
  readonly stalled: string;
  readonly gupp: string;
}

export const visiblePace: DemoPace = { pauseSeconds: 3, stalled: "25s", gupp: "5m" };
export const fastPace: DemoPace = { pauseSeconds: 0, stalled: "12s", gupp: "5m" };

export interface DemoTown {
  readonly town: Town;
  readonly isThrowAway: boolean;
  /** Takes a throw-away town off the disk. Nothing of it may run any more. */
  remove(): Promise<void>;
}

/** Makes a town with two rigs, their projects, and a dozen beads in two convoys. On failure nothing of it remains. */
export async function makeDemoTown(request: DemoRequest): Promise<DemoTown> {
  const isThrowAway = request.directory === undefined;
  const root = await demoDirectory(request);
  const remove = async (): Promise<void> => {
    if (isThrowAway) await rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  try {
    request.onStage?.(`making a town in ${root}`);
    await installTown({
      root,
      name: "demo",
      overseer: { name: "Demo", email: "demo@gastown.invalid" },
      force: true,
    });
    await writeJsonFile(townSettingsFile(root), demoSettings(request.pace));
    await addProjects(openTown(root), request);
    return { town: openTown(root), isThrowAway, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function demoDirectory({ directory, cwd }: DemoRequest): Promise<string> {
  if (directory === undefined) return realpath(await mkdtemp(join(tmpdir(), "gastown-demo-")));
  const root = resolve(cwd, directory);
  if (existsSync(root) && readdirSync(root).length > 0) {
    throw new GtError("E_EXISTS", `${root} is not empty`, {
      why: ["the demo makes a new town and touches nothing that is there"],
      hint: `gt demo ${directory}-2`,
    });
  }
  await mkdir(root, { recursive: true });
  return realpath(root);
}

async function addProjects(town: Town, request: DemoRequest): Promise<void> {
  const projects = join(town.root, "projects");
  const ledger = await openTownLedger(town);
  try {
    for (const project of [shop, notes]) {
      request.onStage?.(`adding rig ${project.rig}`);
      await addRig(town, ledger, {
        name: project.rig,
        prefix: project.prefix,
        source: await makeDemoRepository(projects, project),
        cwd: town.root,
        mergeQueue: mergeQueueOf(project),
        actor: "overseer",
      });
    }
    request.onStage?.("writing beads and convoys");
    await createDemoWork(ledger, request.pace.pauseSeconds);
  } finally {
    await ledger.close();
  }
}

const demoSettings = (pace: DemoPace) => ({
  type: "town-settings",
  version: 1,
  default_agent: "shell",
  convoy: { feed_grace: "1s" },
  operational: { health: { stalled: pace.stalled, gupp: pace.gupp, weak_credit: "1s" } },
});

/** One branch at a time, at once: with a dozen small changes a batch would only hide what happens. */
const mergeQueueOf = (project: DemoProject) => ({
  test_command: project.gate,
  batch: { batch_wait_time: "0s" },
});
