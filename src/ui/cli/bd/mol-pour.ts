import { bonding, type BondType } from "../../../core/formulas/bond.ts";
import { type Instance, instantiate } from "../../../core/formulas/instantiate.ts";
import type { MoleculeForm } from "../../../core/formulas/pour.ts";
import { usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import { systemRandom } from "../../../core/random.ts";
import type { CommandContext } from "../command.ts";
import { tellingProblems } from "../formula/formula-context.ts";
import { reread } from "./each-bead.ts";
import { formulaNamed } from "./formula-values.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** `bd mol pour` (spec/02 §13.3): a lasting molecule. */
export const pour = (context: CommandContext): Promise<number | undefined> =>
  tellingProblems(context, () => make(context, "liquid"));

/** `bd mol wisp`: a short-lived one. */
export const wisp = (context: CommandContext): Promise<number | undefined> =>
  tellingProblems(context, () => make(context, "vapor"));

async function make(context: CommandContext, phase: "liquid" | "vapor"): Promise<void> {
  const { args, flags, out } = context;
  const [name] = args;
  if (name === undefined)
    throw usageError("missing argument <formula>", {
      hint: `bd mol ${phase === "liquid" ? "pour" : "wisp"} <formula>`,
    });
  const workspace = await openWorkspace(context);
  const on = flags.string("on");
  const base = on === undefined ? undefined : await reread(workspace, await workspace.resolve(on));
  const main = await instanceOf(context, workspace, { name, phase, base });
  const operations: Operation[] = [...main.operations];
  if (base !== undefined) operations.push(...bonding(main.root, base.id, "sequential"));
  const attached = await attachments(context, workspace, main);
  operations.push(...attached.operations);
  const isDry = flags.boolean("dry-run");
  if (!isDry) await workspace.write(operations);
  const created = main.created + attached.created;
  if (main.proto.phase === "vapor" && phase === "liquid")
    out.warn(`${main.proto.proto} is meant to be short-lived: bd mol wisp ${name}`);
  for (const warning of main.proto.warnings) out.warn(warning);
  out.document({
    new_epic_id: main.root,
    root_id: main.root,
    id_mapping: Object.fromEntries(main.ids),
    created,
    attached: attached.roots,
    phase,
    ...(isDry ? { dry_run: true } : {}),
  });
  const steps = `${main.proto.steps.length} steps, ${main.form}`;
  if (isDry) out.line(`Would make ${main.proto.proto}: ${created} beads (${steps}, ${phase})`);
  else out.done(`Made ${main.root} of ${main.proto.proto}: ${created} beads (${steps}, ${phase})`);
  if (!isDry) out.next(`bd mol current ${main.root}`);
}

interface Wish {
  readonly name: string;
  readonly phase: "liquid" | "vapor";
  readonly base: Bead | undefined;
}

async function instanceOf(context: CommandContext, workspace: Workspace, wish: Wish): Promise<Instance> {
  const { flags } = context;
  const assignee = flags.string("assignee");
  const form = formOf(context);
  return instantiate(workspace.ledger, systemRandom, {
    ...(await formulaNamed(context, workspace, wish.name, wish.base)),
    phase: wish.phase,
    scope: wish.base?.scope ?? workspace.scope,
    now: workspace.now,
    ...(wish.base === undefined ? {} : { base: wish.base.id }),
    ...(assignee === undefined ? {} : { assignee }),
    ...(form === undefined ? {} : { form }),
  });
}

function formOf({ flags }: CommandContext): MoleculeForm | undefined {
  if (!flags.boolean("root-only")) return flags.boolean("poured") ? "poured" : undefined;
  if (flags.boolean("poured")) throw usageError("--root-only and --poured exclude each other");
  return "root-only";
}

/** `--attach`: further molecules, each bonded to the first one. */
async function attachments(context: CommandContext, workspace: Workspace, main: Instance) {
  const type = (context.flags.string("attach-type") ?? "sequential") as BondType;
  const operations: Operation[] = [];
  const roots: string[] = [];
  let created = 0;
  for (const name of context.flags.strings("attach")) {
    const more = await instanceOf(context, workspace, { name, phase: "liquid", base: undefined });
    operations.push(...more.operations, ...bonding(main.root, more.root, type));
    roots.push(more.root);
    created += more.created;
  }
  return { operations, roots, created };
}
