import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkoutRoot } from "../../../core/formulas/formula-places.ts";
import { formulaName } from "../../../core/formulas/read-formula.ts";
import { type StarterType, starterText } from "../../../core/formulas/starter.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { writeFileAtomic } from "../../../core/town/write-file.ts";
import type { CommandContext } from "../command.ts";

/** `gt formula create`: a commented starter (spec/02 §13.1). */
export async function run(context: CommandContext): Promise<void> {
  const { out, args, flags } = context;
  const [name = ""] = args;
  if (!formulaName.test(name))
    throw usageError(`"${sanitiseLine(name)}" is not a formula name`, {
      why: ["lower-case letters, digits, ., _ and -, at most 64 characters"],
      hint: "gt formula create mol-my-work",
    });
  const type = (flags.string("type") ?? "task") as StarterType;
  const file = join(await directoryFor(context), `${name}.formula.toml`);
  if (existsSync(file))
    throw new GtError("E_EXISTS", `${file} is there already`, { hint: `$EDITOR ${file}` });
  await writeFileAtomic(file, starterText(type, name));
  out.document({ ok: true, name, type, path: file });
  out.done(`wrote ${file}`);
  out.next(`edit it, then: gt formula check ${name}`);
  out.next(`see what becomes of it: bd cook ${name} --dry-run`);
  out.line(
    "Frequent and cheap: one bead for all steps (as it is). Rare and expensive: pour = true, one bead a step.",
  );
  out.line(`An audit trail that stays: bd mol pour ${name}`);
}

/** The rig's directory when one is named; else the checkout's when it keeps beads, else the town's. */
async function directoryFor(context: CommandContext): Promise<string> {
  const { cwd, flags } = context;
  const below = (root: string) => join(root, ".beads", "formulas");
  const rig = flags.string("rig");
  if (rig !== undefined) return below((await context.town()).rig(rig).path);
  const project = flags.string("tier") === "town" ? undefined : checkoutRoot(cwd);
  if (project !== undefined && existsSync(join(project, ".beads"))) return below(project);
  return below((await context.town()).root);
}
