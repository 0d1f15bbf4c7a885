import { bondedFrom, bonding, type BondType } from "../../../core/formulas/bond.ts";
import { instantiate } from "../../../core/formulas/instantiate.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import { systemRandom } from "../../../core/random.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { tellingProblems } from "../formula/formula-context.ts";
import { reread } from "./each-bead.ts";
import { formulaNamed, hasFormula } from "./formula-values.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** `bd mol bond A B` (spec/02 §7.5): joins two beads, or a bead and a molecule that is made of a formula. */
export const run = (context: CommandContext): Promise<number | undefined> =>
  tellingProblems(context, () => bond(context));

async function bond(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const [a = "", b = ""] = args;
  if (flags.boolean("pour") && flags.boolean("ephemeral"))
    throw usageError("cannot use both --pour and --ephemeral");
  const workspace = await openWorkspace(context);
  const type = (flags.string("type") ?? "sequential") as BondType;
  const first = await operand(context, workspace, a);
  const second = await operand(context, workspace, b);
  const plan =
    first !== undefined && second !== undefined
      ? joinBeads(first, second, type)
      : await spawn(context, workspace, {
          bead: first ?? second,
          formula: first === undefined ? a : b,
          type,
        });
  const isDry = flags.boolean("dry-run");
  if (!isDry) await workspace.write(plan.operations);
  out.document({
    result_id: plan.result,
    result_type: plan.kind,
    bond_type: type,
    spawned: plan.spawned,
    id_mapping: plan.ids,
    ...(isDry ? { dry_run: true } : {}),
  });
  const text = `${sanitiseLine(a)} and ${sanitiseLine(b)} (${type})${plan.spawned === 0 ? "" : `: ${plan.other}, ${plan.spawned} beads`}`;
  if (isDry) out.line(`Would bond ${text}`);
  else out.done(`Bonded ${text}`);
}

interface Plan {
  readonly operations: readonly Operation[];
  readonly result: string;
  readonly other: string;
  readonly kind: "compound_molecule" | "bonded_beads";
  readonly spawned: number;
  readonly ids: Readonly<Record<string, string>>;
}

/** A bead, else undefined for the name of a formula. */
async function operand(
  context: CommandContext,
  workspace: Workspace,
  word: string,
): Promise<Bead | undefined> {
  try {
    return await reread(workspace, await workspace.resolve(word));
  } catch (error) {
    if (!(error instanceof GtError) || error.code !== "E_NOT_FOUND") throw error;
    if (await hasFormula(context, word)) return undefined;
    throw new GtError("E_NOT_FOUND", `'${sanitiseLine(word)}' not found as formula or bead id`, {
      exitCode: 3,
      hint: "bd formula list",
    });
  }
}

const joinBeads = (first: Bead, second: Bead, type: BondType): Plan => ({
  operations: [...bonding(first.id, second.id, type), noted(first, second.id, type)],
  result: first.id,
  other: second.id,
  kind: "bonded_beads",
  spawned: 0,
  ids: {},
});

const noted = (root: Bead, source: string, type: BondType): Operation => ({
  op: "update",
  id: root.id,
  fields: { metadata: bondedFrom(root.metadata, source, type) },
});

async function spawn(
  context: CommandContext,
  workspace: Workspace,
  wish: { readonly bead: Bead | undefined; readonly formula: string; readonly type: BondType },
): Promise<Plan> {
  const { bead, type } = wish;
  if (bead === undefined)
    throw usageError("two formulas can only be joined when one of them is poured", {
      hint: `bd mol pour ${sanitiseLine(context.args[0] ?? "")} --attach ${sanitiseLine(context.args[1] ?? "")}`,
    });
  const { flags } = context;
  const isVapor = flags.boolean("ephemeral") || (bead.ephemeral && !flags.boolean("pour"));
  const made = await instantiate(workspace.ledger, systemRandom, {
    ...(await formulaNamed(context, workspace, wish.formula, bead)),
    phase: isVapor ? "vapor" : "liquid",
    scope: bead.scope,
    now: workspace.now,
    base: bead.id,
    ...(isVapor ? { form: "poured" as const } : {}),
    ...rootId(context, bead),
  });
  return {
    operations: [...made.operations, ...bonding(bead.id, made.root, type), noted(bead, made.root, type)],
    result: bead.id,
    other: made.root,
    kind: "compound_molecule",
    spawned: made.created,
    ids: Object.fromEntries(made.ids),
  };
}

function rootId({ flags }: CommandContext, bead: Bead): { readonly root?: string } {
  const ref = flags.string("ref");
  if (ref === undefined) return {};
  if (!/^[A-Za-z0-9_.-]+$/.test(ref))
    throw usageError(`--ref: "${sanitiseLine(ref)}" may only have letters, digits, _, . and -`);
  return { root: `${bead.id}.${ref}` };
}
