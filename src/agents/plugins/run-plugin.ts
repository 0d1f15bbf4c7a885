import { appendFileSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { namedBead } from "../../core/ledger/named-bead.ts";
import { withLock } from "../../core/lock/lock.ts";
import { GtError } from "../../core/gt-error.ts";
import { crashPoint } from "../../core/crash-point.ts";
import { claimDog, freeDog, hasFreeDog } from "../dogs/dog-pool.ts";
import { ownProcess, readDog } from "../dogs/dog-record.ts";
import { sendDog } from "../dogs/send-dog.ts";
import { dogAddress } from "../dogs/dog-worktree.ts";
import { endLeftoverGroup, type GateExit, runGateProcess } from "../refinery/gate-process.ts";
import { packageRoot } from "../../core/package-root.ts";
import { isSameProcess } from "../sessions/process-identity.ts";
import { scrubEnvironment } from "../sessions/scrub-environment.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import { readLastScreen } from "../sessions/session-records.ts";
import { sessionOfAddress } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import type { PluginSite } from "./find-plugins.ts";
import { type PluginResult, type PluginRun, putPlugin, readPlugin, siteKey } from "./plugin-record.ts";
import { closingReceipt, openingReceipt } from "./receipts.ts";

export type RunOutcome =
  | {
      readonly kind: "ended";
      readonly result: PluginResult;
      readonly receipt: string;
      readonly output: string;
    }
  /** A dog's session is at it; it ends with `gt dog done`. */
  | { readonly kind: "sent"; readonly dog: string; readonly receipt: string }
  | { readonly kind: "no-dog" };

const keptOutput = 64 * 1024;
const skippedCode = 75;

/**
 * Runs a plugin once, as the job of a dog (spec/04 §11): a script to its end, an agent's instructions to the start of its
 * session. One run at a time for each site: `E_BUSY`. The run is on record before it begins.
 */
export async function runPlugin(
  access: TownAccess,
  site: PluginSite,
  options: { readonly signal?: AbortSignal; readonly dog?: string } = {},
): Promise<RunOutcome> {
  const lock = `plugin-${siteKey(site)}`;
  return withLock(access.town.paths.locks, lock, { kind: "plugin", subject: site.plugin.name }, async () => {
    await settleRun(access, site);
    if ((await readPlugin(access.ledger, site)).run !== undefined)
      throw new GtError("E_BUSY", `the plugin ${site.plugin.name} is running`, {
        hint: `gt plugin history ${site.plugin.name}`,
      });
    return site.plugin.type === "agent" ? sendAgent(access, site, options) : runScript(access, site, options);
  });
}

async function runScript(
  access: TownAccess,
  site: PluginSite,
  options: { readonly signal?: AbortSignal; readonly dog?: string },
): Promise<RunOutcome> {
  const { plugin } = site;
  const dog = await claimDog(access, {
    work: workOf(site),
    kind: "code",
    ...(options.dog === undefined ? {} : { name: options.dog }),
  });
  if (dog === undefined) return { kind: "no-dog" };
  try {
    const run = await begin(access, site, dog, "");
    crashPoint("plugin.begun");
    const log = openLog(access, plugin.name);
    let output = "";
    const exit = await runGateProcess({
      cmd: "exec bash ./run.sh",
      cwd: site.directory,
      env: environment(access, site),
      timeoutMs: plugin.timeoutMs,
      signal: options.signal ?? new AbortController().signal,
      onGroup: async (group) => {
        const record = await readPlugin(access.ledger, site);
        await access.ledger.write(access.actor, [putPlugin(site, { ...record, run: { ...run, group } })]);
        crashPoint("plugin.running");
      },
      onOutput: (bytes) => {
        const text = Buffer.from(bytes).toString();
        log(text);
        output = `${output}${text}`.slice(-keptOutput);
      },
    });
    const result = resultOf(exit);
    const told = exit.how === "exit" ? output : `${output}\n${describe(exit, plugin.timeoutMs)}`;
    await end(access, site, run, result, told);
    return { kind: "ended", result, receipt: run.receipt, output };
  } finally {
    await freeDog(access, dog, { result: "done", work: workOf(site) });
  }
}

/** The receipt itself goes on the dog's hook: `gt hook` shows the instructions. */
async function sendAgent(
  access: TownAccess,
  site: PluginSite,
  options: { readonly dog?: string },
): Promise<RunOutcome> {
  if (options.dog === undefined && !(await hasFreeDog(access))) return { kind: "no-dog" };
  const run = await begin(access, site, "", site.plugin.instructions);
  const bead = await access.ledger.get(run.receipt);
  if (bead === undefined) throw new GtError("E_BEAD_NOT_FOUND", `no bead ${run.receipt}`);
  try {
    const sent = await sendDog(access, {
      bead,
      work: workOf(site),
      ...(options.dog === undefined ? {} : { dog: options.dog }),
      ...(site.rig === "" ? {} : { rig: access.town.rig(site.rig) }),
    });
    const record = await readPlugin(access.ledger, site);
    const { owner: _, ...rest } = run;
    await access.ledger.write(access.actor, [
      putPlugin(site, { ...record, run: { ...rest, dog: sent.dog } }),
    ]);
    return { kind: "sent", dog: sent.dog, receipt: run.receipt };
  } catch (error) {
    const isNobody = error instanceof GtError && error.code === "E_NO_DOG";
    await end(access, site, run, isNobody ? "skipped" : "failure", errorText(error));
    if (isNobody) return { kind: "no-dog" };
    throw error;
  }
}

/** Receipt and record in one batch; what had to be remembered of the run before stays. */
async function begin(access: TownAccess, site: PluginSite, dog: string, text: string): Promise<PluginRun> {
  const record = await readPlugin(access.ledger, site);
  const now = access.clock.now();
  const run: PluginRun = { receipt: namedBead("receipt"), startedAt: now, dog, owner: ownProcess() };
  const { named } = await access.ledger.write(access.actor, [
    openingReceipt(site, "receipt", text),
    putPlugin(site, { ...record, lastRunAt: now, run }),
  ]);
  return { ...run, receipt: named["receipt"] ?? "" };
}

async function end(
  access: TownAccess,
  site: PluginSite,
  run: PluginRun,
  result: Exclude<PluginResult, "running">,
  output: string,
): Promise<void> {
  const record = await readPlugin(access.ledger, site);
  await access.ledger.write(
    access.actor,
    await closingReceipt(access, site, record, { run, result, output }),
  );
}

/**
 * Ends a run that is over without anybody having said so: its process died with the daemon, its dog is done or was freed,
 * or it takes too long (spec/04 §11). True when something was ended.
 */
export async function settleRun(access: TownAccess, site: PluginSite): Promise<boolean> {
  const record = await readPlugin(access.ledger, site);
  const { run } = record;
  if (run === undefined) return false;
  if (run.owner !== undefined) {
    if (isSameProcess(run.owner.pid, run.owner.startedAt)) return false;
    if (run.group !== undefined) endLeftoverGroup(run.group);
    await end(access, site, run, "failure", "the process that ran it is gone");
    return true;
  }
  const dog = await readDog(access.ledger, run.dog);
  const isAtIt = dog?.job?.work === workOf(site) && dog.job.startedAt >= run.startedAt - 1000;
  const isLate = access.clock.now() - run.startedAt >= site.plugin.timeoutMs;
  if (isAtIt && !isLate) return false;
  const address = dogAddress(run.dog);
  const screen = readLastScreen(access.town.paths.sessions, sessionOfAddress(access.town, address)).join(
    "\n",
  );
  if (isAtIt) {
    await stopAgentSession(access, address, "killed");
    await freeDog(access, run.dog, { result: "timeout", work: workOf(site) });
    await end(access, site, run, "failure", `${screen}\nit took longer than its time limit`);
    return true;
  }
  const isDone = dog?.last?.work === workOf(site) && dog.last.result === "done";
  await end(access, site, run, isDone ? "success" : "failure", screen);
  return true;
}

const workOf = (site: PluginSite): string => `plugin:${siteKey(site)}`;

function environment(access: TownAccess, site: PluginSite): Record<string, string> {
  const rig = site.rig === "" ? undefined : access.town.rig(site.rig);
  const env = {
    ...scrubEnvironment(process.env),
    // Its gt and bd are ours.
    PATH: [join(packageRoot(), "bin"), process.env["PATH"] ?? ""].join(delimiter),
    BD_ACTOR: access.actor,
    GT_TOWN_ROOT: access.town.root,
    GT_RIG: site.rig,
    GT_RIG_PATH: rig?.path ?? "",
    GT_PLUGIN: site.plugin.name,
  };
  const known = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(known.filter(([name]) => name !== "GT_TEST_CRASH"));
}

/** `logs/plugins/<name>.log`; a log that cannot be written stops nothing. */
function openLog({ town, clock }: TownAccess, name: string): (text: string) => void {
  const directory = join(town.paths.logs, "plugins");
  const file = join(directory, `${name}.log`);
  const write = (text: string): void => {
    try {
      mkdirSync(directory, { recursive: true });
      appendFileSync(file, text, { mode: 0o600 });
    } catch {
      // A full disk: the disk guard says so elsewhere.
    }
  };
  write(`--- ${new Date(clock.now()).toISOString()}\n`);
  return write;
}

function resultOf(exit: GateExit): Exclude<PluginResult, "running"> {
  if (exit.how !== "exit") return "failure";
  return exit.code === 0 ? "success" : exit.code === skippedCode ? "skipped" : "failure";
}

function describe(exit: Exclude<GateExit, { how: "exit" }>, timeoutMs: number): string {
  switch (exit.how) {
    case "signal":
      return `it was ended by ${exit.signal}`;
    case "timeout":
      return `it took longer than ${Math.round(timeoutMs / 1000)} s`;
    case "cancelled":
      return "it was cancelled";
    case "spawn":
      return `it could not be started: ${exit.why}`;
  }
}

const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));
