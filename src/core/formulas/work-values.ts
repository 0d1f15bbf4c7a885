import type { Bead, Time } from "../ledger/bead.ts";
import { settingAt } from "../town/setting.ts";
import type { Rig, Town } from "../town/town.ts";
import type { Formula } from "./formula.ts";
import type { ValueSource } from "./variable-values.ts";

/** What is known of the work for which a formula is cooked. */
export interface WorkContext {
  /** Of the command line. */
  readonly given: Readonly<Record<string, string>>;
  /** False when an agent other than the Mayor gives them: they may not be commands (spec/02 §9.2). */
  readonly isTrusted: boolean;
  readonly bead?: Bead | undefined;
  readonly town?: Town | undefined;
  readonly rig?: Rig | undefined;
  /** Address of the agent that will do it. */
  readonly agent?: string | undefined;
  readonly baseBranch?: string | undefined;
  readonly now: Time;
}

const commands = ["setup_command", "typecheck_command", "lint_command", "test_command", "build_command"];
const queueSettings = [
  ...["run_tests", "merge_strategy", "require_review", "delete_merged_branches", "judgment_enabled"],
  ...["review_depth", "integration_branch_refinery_enabled", "integration_branch_auto_land"],
];

/** Where the variables of a formula get their values, strongest first (spec/02 §4.3, §4.4). */
export function workValues(formula: Formula | undefined, work: WorkContext): readonly ValueSource[] {
  return [
    { kind: "given", values: work.given, isTrusted: work.isTrusted },
    { kind: "attached", values: attachedTo(work.bead), isTrusted: false },
    { kind: "context", values: contextOf(work), isTrusted: false },
    { kind: "config", values: configOf(formula, work), isTrusted: true },
  ];
}

function attachedTo(bead: Bead | undefined): Readonly<Record<string, string>> {
  const attachment = bead?.metadata["attachment"] as { readonly vars?: unknown } | undefined;
  const vars = typeof attachment?.vars === "object" && attachment.vars !== null ? attachment.vars : {};
  return Object.fromEntries(Object.entries(vars).filter(([, value]) => typeof value === "string"));
}

function contextOf({
  bead,
  town,
  rig,
  agent,
  baseBranch,
  now,
}: WorkContext): Readonly<Record<string, string>> {
  const address = agent?.replace(/\/$/, "") ?? "";
  return {
    date: new Date(now).toISOString().slice(0, 10),
    agent_address: agent ?? "",
    agent_name: address.split("/").at(-1) ?? "",
    ...(town === undefined ? {} : { town: town.name }),
    ...(rig === undefined
      ? {}
      : {
          rig: rig.name,
          prefix: rig.prefix,
          default_branch: rig.defaultBranch,
          target_branch: rig.defaultBranch,
          base_branch: baseBranch ?? rig.defaultBranch,
        }),
    ...(bead === undefined
      ? {}
      : {
          issue: bead.id,
          feature: bead.title,
          issue_title: bead.title,
          issue_type: bead.type,
          issue_priority: String(bead.priority),
          prior_branch: text(bead.metadata["prior_branch"]),
          prior_failure: text(bead.metadata["prior_failure"]),
        }),
  };
}

/** A command that is not configured leaves the formula's own default in force. */
function configOf(
  formula: Formula | undefined,
  { town, rig }: WorkContext,
): Readonly<Record<string, string>> {
  const settings = rig === undefined || town === undefined ? undefined : town.rigSettings(rig.name);
  const entries = [...commands, ...queueSettings].map((name) => [
    name,
    settings === undefined ? "" : String(settingAt(settings, `merge_queue.${name}`) ?? ""),
  ]);
  return Object.fromEntries(entries.filter(([name = "", value]) => value !== "" || !formula?.vars.has(name)));
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
