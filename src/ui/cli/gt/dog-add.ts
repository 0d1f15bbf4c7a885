import { addDog } from "../../../agents/dogs/dog-pool.ts";
import type { CommandContext } from "../command.ts";

/** `gt dog add` (spec/04 §10.3). */
export async function run(context: CommandContext): Promise<void> {
  const [name = ""] = context.args;
  await addDog(await context.access(), name.toLowerCase());
  context.out.document({ ok: true, dog: name.toLowerCase() });
  context.out.done(`the dog ${name.toLowerCase()} is there`);
}
