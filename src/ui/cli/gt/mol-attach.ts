import type { TownAccess } from "../../../agents/town-access.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { hookedWork } from "./own-molecule.ts";
import { variables } from "./variables.ts";

/** `gt mol attach [<bead>] <mol|formula>` (spec/02 §7.4). */
export async function attach(context: CommandContext): Promise<void> {
  const { args, flags } = context;
  const [one, two] = args;
  const word = two ?? one;
  if (word === undefined)
    throw usageError("which molecule or formula?", { hint: "gt mol attach <bead> <formula>" });
  const { access, bead } = await beadNamed(context, two === undefined ? undefined : one);
  const { attachTo } = await import("../../../agents/lifecycle/attach-molecule.ts");
  const molecule = await access.ledger.get(word);
  const attached = await attachTo(access, bead, {
    ...(molecule === undefined ? { formula: word } : { molecule }),
    vars: variables(flags.strings("var")) ?? {},
    replace: flags.boolean("replace"),
    reason: "attached by hand",
  });
  tellAttached(context, bead, attached);
}

function tellAttached(
  { out }: CommandContext,
  bead: Bead,
  { molecule, changed }: { readonly molecule: string; readonly changed: boolean },
): void {
  out.document({ ok: true, bead: bead.id, molecule, noop: !changed });
  if (changed) out.done(`${bead.id} is worked on by ${molecule}`);
  else out.line(`○ ${bead.id} is worked on by ${molecule} already`);
}

/** `gt mol detach [<bead>]`. */
export async function detach(context: CommandContext): Promise<void> {
  const { out } = context;
  const { access, bead } = await beadNamed(context, context.args[0]);
  const { detachFrom } = await import("../../../agents/lifecycle/attach-molecule.ts");
  const molecule = await detachFrom(access, bead, "detached by hand");
  out.document({ ok: true, bead: bead.id, molecule: molecule ?? null });
  if (molecule === undefined) out.line(`${bead.id} follows no molecule`);
  else out.done(`${molecule} does not guide ${bead.id} any more`);
}

/** `gt mol attachment <bead>`: what a dispatch wrote on it. */
export async function attachment(context: CommandContext): Promise<void> {
  const { out } = context;
  const { bead } = await beadNamed(context, context.args[0]);
  const { attachmentOf } = await import("../../../agents/lifecycle/attachment.ts");
  const { molecule, formula, args, vars, ...others } = attachmentOf(bead);
  const flat = {
    attached_molecule: molecule,
    attached_formula: formula,
    attached_args: args,
    formula_vars: vars,
    ...others,
  };
  const given = Object.entries(flat).filter(([, value]) => value !== undefined);
  out.document({ bead: bead.id, ...Object.fromEntries(given) });
  if (given.length === 0) out.line(`nothing is attached to ${bead.id}`);
  for (const [name, value] of given)
    out.line(`${name}: ${sanitiseLine(typeof value === "object" ? JSON.stringify(value) : String(value))}`);
}

/** `gt mol attach-from-mail <mail>`: the molecule that a message names. */
export async function attachFromMail(context: CommandContext): Promise<void> {
  const [id = ""] = context.args;
  const { access, bead } = await beadNamed(context, undefined);
  const mail = await access.ledger.get(await access.ledger.resolve(id));
  const named = /^\s*(?:attached_molecule|molecule_id|molecule|mol)\s*:\s*(\S+)\s*$/im.exec(
    mail?.description ?? "",
  )?.[1];
  const molecule = named === undefined ? undefined : await access.ledger.get(named);
  if (mail === undefined || molecule === undefined)
    throw new GtError("E_NO_MOLECULE", `${id} names no molecule`, { hint: `gt mail read ${id}` });
  const { attachTo } = await import("../../../agents/lifecycle/attach-molecule.ts");
  const attached = await attachTo(access, bead, { molecule, reason: `named by ${mail.id}` });
  await access.ledger.write(access.actor, [{ op: "addLabel", id: mail.id, label: "read" }]);
  tellAttached(context, bead, attached);
}

async function beadNamed(
  context: CommandContext,
  word: string | undefined,
): Promise<{ readonly access: TownAccess; readonly bead: Bead }> {
  if (word === undefined) {
    const { access, bead, address } = await hookedWork(context, undefined);
    if (bead !== undefined) return { access, bead };
    throw new GtError("E_NO_WORK", `nothing is on the hook of ${address}`, { hint: "gt hook" });
  }
  const access = await context.access();
  const bead = await access.ledger.get(await access.ledger.resolve(word));
  if (bead === undefined) throw new GtError("E_BEAD_NOT_FOUND", `no bead ${word}`, { hint: "bd list" });
  return { access, bead };
}
