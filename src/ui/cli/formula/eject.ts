import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { ejectFormula } from "../../../core/formulas/ejected.ts";
import { formulaPlaces } from "../../../core/formulas/formula-places.ts";
import { openLibrary } from "../../../core/formulas/open-library.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { tellingProblems } from "./formula-context.ts";

/** `gt formula eject`: a shipped formula as a file of the town's or a rig's own, for editing (spec/02 §6.1). */
export function run(context: CommandContext): Promise<number | undefined> {
  return tellingProblems(context, () => eject(context));
}

async function eject(context: CommandContext): Promise<void> {
  const { out, args, flags, cwd } = context;
  const [name = ""] = args;
  const source = openLibrary(formulaPlaces({}), cwd).require(name);
  const town = await context.town();
  const rig = flags.string("rig");
  const directory = join(rig === undefined ? town.root : town.rig(rig).path, ".beads", "formulas");
  const target = join(directory, basename(source.path));
  if (existsSync(target))
    throw new GtError("E_EXISTS", `${target} is there already`, {
      hint: `gt formula show ${source.name} --resolve`,
    });
  const path = await ejectFormula(source, directory);
  out.document({ ok: true, name: source.name, path, sha256: source.sha256 });
  out.done(`copied ${source.name} to ${path}`);
  out.next(`edit it, then: gt formula check ${source.name}`);
}
