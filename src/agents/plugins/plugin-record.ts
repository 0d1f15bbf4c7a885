import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { PluginSite } from "./find-plugins.ts";

export type PluginResult = "running" | "success" | "failure" | "skipped";

/** A run that is not over, with everything that a later process needs to end it. */
export interface PluginRun {
  /** Bead that tells of it. */
  readonly receipt: string;
  readonly startedAt: number;
  readonly dog: string;
  /** The process that waits for it; gone means that nobody does. */
  readonly owner?: { readonly pid: number; readonly startedAt: string };
  /** Process group of the script. */
  readonly group?: { readonly pgid: number; readonly startedAt: string };
}

/** What is remembered of a plugin at one site, in the runtime table `plugins`. */
export interface PluginRecord {
  /** Said by a person; the file's word counts without it. */
  readonly isEnabled?: boolean;
  /** Since when that is so: what happened before does not open its gate. */
  readonly enabledAt?: number;
  /** Start of the last run: receipts may be reaped before a long cooldown is over. */
  readonly lastRunAt?: number;
  readonly lastResult?: PluginResult;
  readonly lastCheckedAt?: number;
  readonly run?: PluginRun;
}

const table = "plugins";
type Site = Pick<PluginSite, "name" | "rig">;
export const siteKey = ({ name, rig }: Site): string => `${rig === "" ? "town" : rig}/${name}`;

export async function readPlugin(ledger: Ledger, site: Site): Promise<PluginRecord> {
  return (await ledger.row<PluginRecord>(table, siteKey(site)))?.value ?? {};
}

export async function readPluginRecords(ledger: Ledger): Promise<ReadonlyMap<string, PluginRecord>> {
  return new Map((await ledger.rows<PluginRecord>(table)).map(({ key, value }) => [key, value]));
}

export function putPlugin(site: Site, record: PluginRecord): Operation {
  return { op: "putRow", table, key: siteKey(site), value: record };
}

export function isEnabled(site: PluginSite, record: PluginRecord): boolean {
  return record.isEnabled ?? site.plugin.isEnabled;
}
