import { createConvoy, slingableBelow } from "../../../core/convoys/change-convoy.ts";
import { type ConvoyFields, convoyFields, type MergeChoice } from "../../../core/convoys/convoy.ts";
import { trackedIds } from "../../../core/convoys/convoy-snapshot.ts";
import { GtError } from "../../../core/gt-error.ts";
import { knownAddress, resolveRecipients } from "../../../core/mail/recipients.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt convoy create` (spec/05 §6.2). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const { ledger, actor } = await context.access();
  const epicId = flags.string("from-epic");
  const epic = epicId === undefined ? undefined : await ledger.get(await ledger.resolve(epicId));
  const [first = "", ...rest] = args;
  const isNamed = first !== "" && (await ledger.get(first)) === undefined;
  const name = isNamed ? first : epic?.title;
  const words = isNamed ? rest : args;
  const issues = [
    ...(epic === undefined ? [] : await slingableBelow(ledger, epic.id)),
    ...(await resolveAll(context, words)),
  ];
  const merge = flags.string("merge") as MergeChoice | undefined;
  const base = flags.string("base-branch");
  const written = [...flags.strings("notify"), ...(flags.boolean("human") ? ["overseer"] : [])];
  const reader = { town: await context.town(), ledger, sender: actor };
  const resolved = await Promise.all(written.map((word) => resolveRecipients(word, reader)));
  const notify = [...new Set(resolved.flatMap(({ addresses }) => addresses))];
  const owner = flags.string("owner");
  const fields: Partial<ConvoyFields> = {
    ...(notify.length === 0 ? {} : { notify }),
    ...(merge === undefined ? {} : { merge }),
    ...(base === undefined ? {} : { base_branch: base }),
    ...(epic === undefined ? {} : { epic: epic.id }),
    ...(flags.string("feed") === "manual" ? { feed: "manual" as const } : {}),
  };
  const convoy = await createConvoy(ledger, actor, {
    ...(name === undefined ? {} : { name }),
    issues,
    owner: owner === undefined ? actor : await knownAddress(owner, reader),
    ...(flags.boolean("owned") ? { owned: true } : {}),
    fields,
  });
  const stored = convoyFields(convoy);
  const tracked = (await trackedIds(ledger, [convoy])).get(convoy.id) ?? [];
  out.document({ ok: true, id: convoy.id, title: convoy.title, tracked, owner: stored.owner, ...fields });
  out.line(`🚚 ${convoy.id} "${sanitiseLine(convoy.title)}"`);
  out.line(`  tracking  ${tracked.length === 0 ? "nothing yet" : tracked.join(", ")}`);
  out.line(`  owner     ${stored.owner}${notify.length === 0 ? "" : `, also ${notify.join(", ")}`}`);
  if (merge !== undefined) out.line(`  merge     ${merge}`);
  if (base !== undefined) out.line(`  base      ${base}`);
  out.line(
    flags.boolean("owned")
      ? "  you close it (gt convoy land)"
      : "  lands by itself when everything is merged",
  );
}

/** Ids of beads from ids or fragments; the first that does not exist stops everything. */
export async function resolveAll(
  context: CommandContext,
  words: readonly string[],
): Promise<readonly string[]> {
  const ledger = await context.ledger();
  const ids: string[] = [];
  for (const word of words) {
    ids.push(
      await ledger.resolve(word).catch((error: unknown) => {
        if (!(error instanceof GtError) || error.code !== "E_NOT_FOUND") throw error;
        throw new GtError("E_BEAD_NOT_FOUND", `no bead ${word}; nothing was changed`, { hint: "bd list" });
      }),
    );
  }
  return ids;
}
