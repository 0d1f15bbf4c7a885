import { GtError } from "../../../core/gt-error.ts";
import { isDue } from "../../plugins/due-plugins.ts";
import { findPlugins, type PluginSite, pluginSites } from "../../plugins/find-plugins.ts";
import { isEnabled, readPluginRecords, siteKey } from "../../plugins/plugin-record.ts";
import { runPlugin, settleRun } from "../../plugins/run-plugin.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty, DutyResult } from "../duty-runner.ts";
import { pressureAgainMs } from "../pressure-gate.ts";
import { isRigAtWork } from "../rig-at-work.ts";

const lookAgainMs = 60_000;

/**
 * D23: runs the plugins whose gate is open (spec/04 §11). A town without plugins costs a look at two directories at each
 * heartbeat. Runs go on beside the duty; `close` ends them.
 */
export class PluginDuty {
  readonly #context: DaemonContext;
  readonly #running = new Map<string, Promise<void>>();
  readonly #abort = new AbortController();

  constructor(context: DaemonContext) {
    this.#context = context;
  }

  get duty(): Duty {
    return { key: "plugins", timeoutMs: 5 * 60_000, run: (signal) => this.#look(signal) };
  }

  /** Ends what runs and waits until that is on record. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.whenIdle();
  }

  /** Resolves when all runs that have begun are over. */
  async whenIdle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #look(signal: AbortSignal): Promise<DutyResult> {
    const { town, ledger, log } = this.#context;
    const found = findPlugins(town);
    if (found.length === 0) return {};
    const sites = pluginSites(town, found);
    const records = await readPluginRecords(ledger);
    let mustLook = false;
    for (const site of sites) {
      if (signal.aborted) break;
      if (records.get(siteKey(site))?.run !== undefined && !this.#running.has(siteKey(site))) {
        if (await settleRun(this.#context, site)) log.info(`plugin ${siteKey(site)}: its run was ended`);
        mustLook = true;
      }
    }
    if (!this.#context.isOperational()) return mustLook ? { againMs: lookAgainMs } : {};
    if (!(await this.#context.pressure.isOpen())) return { againMs: pressureAgainMs };
    for (const site of sites) {
      if (signal.aborted) break;
      const isOn = isEnabled(site, records.get(siteKey(site)) ?? {});
      if (!isOn || site.plugin.gate.type === "manual") continue;
      mustLook = true;
      await this.#consider(site);
    }
    return mustLook ? { againMs: lookAgainMs } : {};
  }

  async #consider(site: PluginSite): Promise<void> {
    const key = siteKey(site);
    if (this.#running.has(key)) return;
    const { ledger, log, town } = this.#context;
    const record = (await readPluginRecords(ledger)).get(key) ?? {};
    if (record.run !== undefined) return;
    if (site.rig !== "" && !(await isRigAtWork(this.#context, town.rig(site.rig)))) return;
    const decision = await isDue(this.#context, site, record);
    if (decision.kind !== "open") return;
    log.info(`plugin ${key}: ${decision.reason}`);
    const run = runPlugin(this.#context, site, { signal: this.#abort.signal })
      .then((outcome) =>
        log.info(`plugin ${key}: ${outcome.kind === "ended" ? outcome.result : outcome.kind}`),
      )
      .catch((error: unknown) => {
        if (!(error instanceof GtError && error.code === "E_BUSY"))
          log.warn(`plugin ${key}: ${String(error)}`);
      })
      .finally(() => this.#running.delete(key));
    this.#running.set(key, run);
  }
}
