import { checkConvoys } from "../../../core/convoys/landing.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { Ledger } from "../../../core/ledger/ledger.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt close` (spec/04 §2.10). */
export async function run(context: CommandContext): Promise<number> {
  const { args, flags, out } = context;
  const access = await context.access();
  const { ledger, actor, clock } = access;
  const ids: string[] = [];
  for (const word of args) {
    const id = await ledger.resolve(word);
    ids.push(...(flags.boolean("cascade") ? await childrenFirst(ledger, id) : [id]));
  }
  const closed: string[] = [];
  const failed: { bead: string; code: string; message: string }[] = [];
  for (const id of [...new Set(ids)]) {
    try {
      await ledger.write(actor, [
        {
          op: "close",
          id,
          close: {
            reason: flags.string("reason") ?? "closed",
            ...(flags.boolean("force") ? { force: true } : {}),
          },
        },
      ]);
      closed.push(id);
      out.done(`closed ${id}`);
    } catch (error) {
      if (!(error instanceof GtError) || ids.length === 1) throw error;
      failed.push({ bead: id, code: error.code, message: error.message });
      out.failed(`${id}: ${sanitiseLine(error.message)} (${error.code})`);
    }
  }
  const landed = [];
  for (const bead of closed) landed.push(...(await checkConvoys(ledger, actor, clock.now(), { bead })));
  if (landed.length > 0) {
    const { tellOfConvoys } = await import("../../../agents/mail/tell-of-convoys.ts");
    await tellOfConvoys(access);
  }
  for (const convoy of landed) out.line(`🏁 landed ${convoy.id} "${sanitiseLine(convoy.title)}"`);
  out.document({ ok: failed.length === 0, closed, failed, landed: landed.map((convoy) => convoy.id) });
  return failed.length > 0 ? 1 : 0;
}

/** The bead and all below it, deepest first; a cycle is walked once. */
async function childrenFirst(
  ledger: Ledger,
  id: string,
  seen: ReadonlySet<string> = new Set(),
): Promise<readonly string[]> {
  const path = new Set([...seen, id]);
  const children = (await ledger.dependents(id))
    .filter((edge) => edge.type === "parent-child" && !path.has(edge.from))
    .map((edge) => edge.from);
  const below: string[] = [];
  for (const child of children) below.push(...(await childrenFirst(ledger, child, path)));
  const beads = await ledger.getMany(below);
  return [...below.filter((each) => beads.get(each)?.status !== "closed"), id];
}
