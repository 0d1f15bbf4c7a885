import { addName, rigTheme } from "../../../agents/lifecycle/name-pool.ts";
import type { CommandContext } from "../command.ts";
import { rigOf } from "./rig-of.ts";

/** `gt namepool add <name>` (spec/04 §3.2). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const town = await context.town();
  const rig = rigOf(context, town, flags.string("rig"));
  const name = (args[0] ?? "").toLowerCase();
  const where = await addName(town, rig, name);
  out.document({ ok: true, rig: rig.name, name, added: where !== "known" });
  if (where === "known") out.done(`${name} is a name of ${rig.name} already`);
  else
    out.done(
      `added ${name} to ${where === "theme" ? `the theme ${rigTheme(town, rig)}` : `the names of ${rig.name}`}`,
    );
}
