import { footprints, removeFootprint } from "../../../agents/uninstall/machine-footprint.ts";
import { expectNoRisk, removeTown } from "../../../agents/uninstall/remove-town.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { shortenHome } from "../../../core/town/find-town.ts";
import type { CommandContext } from "../command.ts";

/** `gt uninstall` (spec/07 §7.5). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags, env } = context;
  const force = flags.boolean("force");
  const town = flags.boolean("workspace") ? await context.town() : undefined;
  if (town !== undefined && !force) await expectNoRisk(await context.access());
  const found = footprints(env);
  const name = (path: string): string => sanitiseLine(shortenHome(path, env));
  for (const { path, what } of found) out.note(`  ${name(path)}  ${what}`);
  if (town !== undefined) out.note(`  ${name(town.root)}  the town, with all its rigs and sandboxes`);
  if (!force) {
    if (
      found.length > 0 &&
      !(await context.confirm({ text: "Remove this from this machine?", flag: "--force" }))
    )
      throw new GtError("E_REFUSED", "nothing was removed");
    const question = town && `Delete the town at ${name(town.root)} for good?`;
    if (question && !(await context.confirm({ text: question, typed: town.name, flag: "--force" })))
      throw new GtError("E_REFUSED", "nothing was removed");
  }
  // A supervisor would start the town's daemon again.
  for (const footprint of found) await removeFootprint(footprint, env);
  if (town !== undefined) await removeTown(await context.access(), { force });
  const last = "npm uninstall -g gastown";
  out.document({
    ok: true,
    removed: found.map(({ path, what }) => ({ path, what })),
    town: town?.root ?? null,
    next: last,
  });
  for (const { path } of found) out.done(`removed ${name(path)}`);
  if (town !== undefined) out.done(`deleted the town at ${name(town.root)}`);
  if (found.length === 0 && town === undefined) out.line("nothing of it is on this machine outside towns");
  out.next(last);
}
