import { gateDecision } from "../../../agents/plugins/due-plugins.ts";
import { sitesOf } from "../../../agents/plugins/find-plugins.ts";
import { readPlugin, siteKey } from "../../../agents/plugins/plugin-record.ts";
import { runPlugin } from "../../../agents/plugins/run-plugin.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitise } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt plugin run` (spec/04 §11). */
export function run(context: CommandContext): Promise<number> {
  const { flags } = context;
  const rig = flags.string("rig");
  return runSites(context, context.args[0] ?? "", {
    isForced: flags.boolean("force"),
    isDry: flags.boolean("dry-run"),
    ...(rig === undefined ? {} : { rig }),
  });
}

export interface SiteRuns {
  readonly isForced: boolean;
  readonly isDry: boolean;
  readonly rig?: string;
  readonly dog?: string;
}

/** Runs a plugin at each of its sites, one after the other. A closed gate is no error; a failure is exit code 1. */
export async function runSites(context: CommandContext, name: string, runs: SiteRuns): Promise<number> {
  const { out } = context;
  const access = await context.access();
  const results: object[] = [];
  let code = 0;
  for (const site of sitesOf(access.town, name, runs.rig)) {
    const key = siteKey(site);
    const decision = await gateDecision(access, site, await readPlugin(access.ledger, site));
    if (!runs.isForced && decision.kind === "closed") {
      out.line(`${key}: not now: ${decision.reason}`);
      results.push({ site: key, ran: false, reason: decision.reason });
      continue;
    }
    if (runs.isDry) {
      out.line(`${key}: would run (${site.plugin.type})`);
      results.push({ site: key, ran: false, reason: "dry run" });
      continue;
    }
    const outcome = await runPlugin(access, site, {
      signal: context.untilSignal(),
      ...(runs.dog === undefined ? {} : { dog: runs.dog }),
    });
    if (outcome.kind === "no-dog")
      throw new GtError("E_NO_DOG", "all dogs are working", { hint: "gt dog list" });
    results.push({ site: key, ran: true, ...outcome });
    if (outcome.kind === "sent") {
      out.done(`${key}: the dog ${outcome.dog} is at it`);
      continue;
    }
    if (outcome.output !== "") out.line(sanitise(outcome.output).trimEnd());
    if (outcome.result === "failure") {
      code = 1;
      out.warn(`${key} failed (gt plugin history ${name})`);
    } else out.done(`${key}: ${outcome.result}`);
  }
  out.document({ ok: code === 0, runs: results });
  return code;
}
