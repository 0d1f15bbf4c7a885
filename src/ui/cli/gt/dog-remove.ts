import { dogs, removeDog } from "../../../agents/dogs/dog-pool.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";

/** `gt dog remove` (spec/04 §10.3). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags, args } = context;
  const isAll = flags.boolean("all");
  if (isAll === args.length > 0) throw usageError("name dogs, or say --all", { hint: "gt dog list" });
  const access = await context.access();
  const names = isAll ? (await dogs(access)).map((dog) => dog.name) : [...new Set(args)];
  const known = new Set((await dogs(access)).map((dog) => dog.name));
  const stranger = names.find((name) => !known.has(name));
  if (stranger !== undefined)
    throw new GtError("E_DOG_NOT_FOUND", `there is no dog ${stranger}`, { hint: "gt dog list" });
  for (const name of names) {
    await removeDog(access, name, { force: flags.boolean("force") });
    out.done(`the dog ${name} is gone`);
  }
  if (names.length === 0) out.line("there are no dogs");
  out.document({ ok: true, removed: names });
}
