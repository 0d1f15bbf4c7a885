import { setTimeout as pause } from "node:timers/promises";
import { burning } from "../../../core/formulas/burn.ts";
import { digestName, digestOf, squashing } from "../../../core/formulas/squash.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import type { CommandContext } from "../command.ts";
import { hookedWork, rootNamed } from "./own-molecule.ts";

/** `gt mol squash [agent|mol]` (spec/02 §7.6): one digest in place of the steps; the work goes on without a molecule. */
export async function squash(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const jitterMs = flags.duration("jitter") ?? 0;
  if (jitterMs > 0) await pause(Math.random() * jitterMs);
  const { access, root } = await moleculeMeant(context);
  const before = await digestOf(access.ledger, root);
  if (before !== undefined) {
    out.document({ molecule_id: root.id, digest_id: before, squashed_count: 0 });
    out.line(`already squashed into ${before}`);
    return;
  }
  const summary = flags.string("summary");
  const { operations, squashed, deleted } = await squashing(access.ledger, root, {
    now: access.clock.now(),
    digest: !flags.boolean("no-digest"),
    ...(summary === undefined ? {} : { summary }),
  });
  const { named } = await access.ledger.write(access.actor, [
    ...operations,
    ...(await detaching(access, root)),
  ]);
  const digest = named[digestName];
  out.document({
    molecule_id: root.id,
    digest_id: digest ?? null,
    squashed_count: squashed.length,
    deleted_count: deleted.length,
  });
  out.done(`Squashed ${squashed.length} steps of ${root.id}${digest === undefined ? "" : ` into ${digest}`}`);
}

/** `gt mol burn [agent|mol]`: the base bead stays on its hook without a molecule. */
export async function burn(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const { access, root } = await moleculeMeant(context);
  const isSure = flags.boolean("force") || context.json || root.ephemeral;
  if (!isSure && !(await context.confirm({ text: `Burn ${root.id}?`, flag: "--force" })))
    throw new GtError("E_REFUSED", `${root.id} was not burned`, { hint: `gt mol burn ${root.id} --force` });
  const { operations, deleted } = await burning(access.ledger, root);
  await access.ledger.write(access.actor, [...(await detaching(access, root)), ...operations]);
  out.document({ molecule_id: root.id, deleted_ids: deleted, deleted_count: deleted.length });
  out.done(`Burned ${root.id}: ${deleted.length} beads`);
}

/** An agent's molecule, or one that is named. */
async function moleculeMeant(
  context: CommandContext,
): Promise<{ readonly access: TownAccess; readonly root: Bead }> {
  const [word] = context.args;
  if (word === undefined || !word.includes("/")) return rootNamed(context, word);
  const { access, root, address } = await hookedWork(context, word);
  if (root !== undefined) return { access, root };
  throw new GtError("E_NO_MOLECULE", `${address} works by no molecule`, { hint: `gt hook ${address}` });
}

async function detaching({ ledger }: TownAccess, root: Bead): Promise<readonly Operation[]> {
  const { withoutMolecule } = await import("../../../agents/lifecycle/attachment.ts");
  const held = await ledger.find({ metadata: { "attachment.molecule": root.id }, notStatus: "closed" });
  return held.map(
    ({ id }): Operation => ({ op: "update", id, fields: { metadata: { attachment: withoutMolecule } } }),
  );
}
