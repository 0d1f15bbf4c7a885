import { type AddRigReport, type AddRigRequest, addRig } from "../../../core/town/add-rig.ts";
import { adoptRig } from "../../../core/town/adopt-rig.ts";
import type { GateCommands } from "../../../core/town/guess-gates.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import type { Town } from "../../../core/town/town.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt rig add <name> <git-url or path>` (spec/07 §5.3). */
export async function run(context: CommandContext): Promise<void> {
  const { out, args, flags } = context;
  const [name = "", source = ""] = args;
  const town = await context.town();
  if (source === "" && !flags.boolean("adopt"))
    throw usageError("which project?", { hint: `gt rig add ${name} <git-url or path>` });
  const report = flags.boolean("adopt")
    ? await adopt(context, town)
    : await addRig(town, await context.ledger(), {
        name,
        source,
        cwd: context.cwd,
        actor: await context.actor(),
        signal: context.untilSignal(),
        acceptGates: (gates) => acceptGates(context, gates),
        acceptProject: (commands) => acceptProject(context, commands),
        onStage: (stage) => out.note(`  ${stage}`),
        ...progressOf(context),
        ...options(flags),
      });
  const { rig, gates } = report;
  const { chooseFirstTheme } = await import("../../../agents/lifecycle/name-pool.ts");
  await chooseFirstTheme(town, rig);
  for (const note of report.notes) out.note(`  ${note}`);
  for (const warning of report.warnings) out.warn(warning);
  out.document({
    ok: true,
    name: rig.name,
    path: rig.path,
    prefix: rig.prefix,
    default_branch: rig.defaultBranch,
    git_url: rig.gitUrl,
    imported: report.imported,
    gates: report.areGatesStored ? gates : {},
    warnings: report.warnings,
  });
  out.done(`rig ${rig.name} at ${rig.path}`);
  out.line(
    `  branch ${rig.defaultBranch}, prefix ${rig.prefix}${report.isPrefixChosen ? " (the shorter one is taken)" : ""}`,
  );
  if (report.imported > 0) out.line(`  ${report.imported} beads of the project imported`);
  if (!report.areGatesStored && !report.hasProjectCommands && !flags.boolean("adopt"))
    tellGates(context, rig.name, gates);
  if (context.quiet) return;
  out.next(`bd create "First task" --rig ${rig.name}`);
  out.next(`gt sling <bead> ${rig.name}`);
}

/** `--adopt`: the directory is there already. */
async function adopt(context: CommandContext, town: Town): Promise<AddRigReport> {
  const { args, flags } = context;
  const url = flags.string("url") ?? args[1];
  const prefix = flags.string("prefix");
  const branch = flags.string("branch");
  return adoptRig(town, await context.ledger(), {
    name: args[0] ?? "",
    force: flags.boolean("force"),
    actor: await context.actor(),
    ...(url === undefined ? {} : { url }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(branch === undefined ? {} : { branch }),
  });
}

/** The flags that were given, under their names in the request. */
function options(flags: CommandContext["flags"]): Partial<AddRigRequest> {
  const names = {
    prefix: "prefix",
    branch: "branch",
    "local-repo": "localRepo",
    "push-url": "pushUrl",
    "upstream-url": "upstreamUrl",
    filter: "filter",
  } as const;
  return Object.fromEntries(
    Object.entries(names).flatMap(([flag, key]) => {
      const value = flags.string(flag);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** A large clone shows how far it is, on a terminal that can show it. */
function progressOf({ plain, json, quiet, agentMode }: CommandContext): Pick<AddRigRequest, "onProgress"> {
  if (plain || json || quiet || agentMode || process.stderr.isTTY !== true) return {};
  return {
    onProgress: (stage, percent) => {
      const isOver = stage === "resolving" && percent === 100;
      process.stderr.write(isOver ? "\r\u001b[K" : `\r  ${sanitiseLine(stage)} ${percent}%\u001b[K`);
    },
  };
}

/** Guessed commands run on every merge: they are stored only when somebody has seen them and said yes. */
async function acceptGates(context: CommandContext, gates: GateCommands): Promise<boolean> {
  context.out.note("  gates found in the project:");
  for (const [key, command] of Object.entries(gates))
    context.out.note(`    ${key}: ${sanitiseLine(command)}`);
  try {
    return await context.confirm({ text: "run these on every merge?" });
  } catch (error) {
    if (error instanceof GtError && error.code === "E_REFUSED") return false;
    throw error;
  }
}

/** Commands of the project itself: `--yes` answers questions, but only `--trust-project` trusts a stranger. */
async function acceptProject(context: CommandContext, commands: readonly string[]): Promise<boolean> {
  context.out.note("  the project suggests these commands (.gastown/settings.json):");
  for (const command of commands) context.out.note(`    ${sanitiseLine(command)}`);
  if (context.flags.boolean("trust-project")) return true;
  if (context.yes) return false;
  try {
    return await context.confirm({
      text: "run the project's commands on every merge?",
      flag: "--trust-project",
    });
  } catch (error) {
    if (error instanceof GtError && error.code === "E_REFUSED") return false;
    throw error;
  }
}

function tellGates({ out }: CommandContext, rig: string, gates: GateCommands): void {
  const entries = Object.entries(gates);
  if (entries.length === 0) {
    out.warn(`no gate command found: merges into ${rig} are not tested`);
    out.note(`hint: gt rig settings set ${rig} merge_queue.test_command "<command>"`);
    return;
  }
  out.warn("the gates found are not in use; to use them:");
  for (const [key, command] of entries)
    out.note(`  gt rig settings set ${rig} merge_queue.${key} ${JSON.stringify(sanitiseLine(command))}`);
}
