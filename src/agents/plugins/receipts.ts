import { clearing } from "../../core/escalation/clearing.ts";
import { raising } from "../../core/escalation/raise.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { sanitise } from "../../core/sanitise.ts";
import type { TownAccess } from "../town-access.ts";
import type { PluginSite } from "./find-plugins.ts";
import { type PluginRecord, type PluginResult, type PluginRun, putPlugin } from "./plugin-record.ts";

export const receiptLabel = "type:plugin-run";
/** On receipts of which one bead is made at the end of the day. */
export const digestLabel = "digest:daily";
const shownLines = 40;

/** The bead that tells of a run, made before it begins, so that a run that crashes is one, too (spec/04 §11). */
export function openingReceipt(
  site: PluginSite,
  as: string,
  text: string,
): Extract<Operation, { op: "create" }> {
  const { plugin, rig } = site;
  return {
    op: "create",
    as,
    bead: {
      title: `Plugin: ${plugin.name} [running]`,
      description: text,
      scope: rig === "" ? "town" : rig,
      type: "task",
      status: "in_progress",
      ephemeral: true,
      labels: [
        receiptLabel,
        `plugin:${plugin.name}`,
        `rig:${rig === "" ? "town" : rig}`,
        "result:running",
        ...(plugin.hasDigest ? [digestLabel] : []),
        ...plugin.labels.filter((label) => label !== `plugin:${plugin.name}`),
      ],
    },
  };
}

/** Ends a run: its receipt says what came of it, and a failure is escalated if the plugin wants that. */
export async function closingReceipt(
  access: TownAccess,
  site: PluginSite,
  record: PluginRecord,
  end: {
    readonly run: PluginRun;
    readonly result: Exclude<PluginResult, "running">;
    readonly output: string;
  },
): Promise<readonly Operation[]> {
  const { plugin, rig } = site;
  const { run, result } = end;
  const { run: _, ...rest } = record;
  const durationMs = access.clock.now() - run.startedAt;
  const output = sanitise(end.output).trimEnd().split("\n").slice(-shownLines).join("\n");
  const source = `plugin:${plugin.name}${rig === "" ? "" : `:${rig}`}`;
  const raised =
    result === "failure" && plugin.notifiesOnFailure
      ? await raising(access, {
          title: `the plugin ${plugin.name}${rig === "" ? "" : ` of ${rig}`} failed`,
          reason: output === "" ? "It said nothing." : output,
          severity: plugin.severity,
          by: access.actor,
          source,
          related: run.receipt,
          same: "source",
          eventSource: "daemon",
        })
      : undefined;
  return [
    putPlugin(site, { ...rest, lastResult: result }),
    {
      op: "update",
      id: run.receipt,
      fields: {
        title: `Plugin: ${plugin.name} [${result}]`,
        description: output,
        assignee: "",
        metadata: { plugin: { duration_ms: durationMs, result } },
      },
    },
    { op: "removeLabel", id: run.receipt, label: "result:running" },
    { op: "addLabel", id: run.receipt, label: `result:${result}` },
    {
      op: "close",
      id: run.receipt,
      close: { reason: result, outcome: outcomes[result], force: true },
    },
    {
      op: "event",
      event: {
        type: "plugin_run",
        payload: {
          dog: run.dog,
          plugin: plugin.name,
          result,
          duration_ms: durationMs,
          ...(rig === "" ? {} : { rig }),
        },
      },
    },
    ...(raised?.operations ?? []),
    ...(result === "success"
      ? await clearing(access.ledger, [source], access.actor, "condition cleared")
      : []),
  ];
}

const outcomes = { success: "success", failure: "failure", skipped: "skipped" } as const;

/** Receipts of a plugin, the newest first. */
export function receipts(ledger: Ledger, plugin: string, limit: number): Promise<readonly Bead[]> {
  return ledger.find({ labels: [receiptLabel, `plugin:${plugin}`], sort: "created", limit });
}
