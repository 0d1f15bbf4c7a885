import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { resolveBeads } from "./resolve-beads.ts";
import { missingSections } from "./recommended-sections.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd lint`: open beads without the sections that their type should have (spec/01 §2.4). */
export async function run(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const workspace = await openWorkspace(context);
  const beads =
    args.length > 0
      ? (await resolveBeads(workspace, args)).beads
      : await workspace.ledger.find({
          notStatus: ["closed", "pinned"],
          ephemeral: false,
          template: false,
          ...(workspace.readScope === undefined ? {} : { scope: workspace.readScope }),
        });
  const results = beads.flatMap((bead) => {
    const missing = missingSections(bead);
    return missing.length === 0
      ? []
      : [{ id: bead.id, title: bead.title, type: bead.type, missing, warnings: missing.length }];
  });
  const issues = results.length;
  out.document({ total: results.reduce((sum, one) => sum + one.warnings, 0), issues, results });
  if (issues === 0) out.done("No missing sections");
  for (const { id, title, type, missing } of results) {
    out.caution(`${id} [${sanitiseLine(type)}]: ${sanitiseLine(title)}`);
    for (const section of missing) out.line(`  missing: ## ${section}`);
  }
}
