import { settingsIfSet } from "../../../core/ledger/settings-if-set.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { invalid } from "./content.ts";
import type { Workspace } from "./workspace.ts";

/**
 * What new beads must have by flag or setting: `--validate`, `validation.on-create`, `create.require-description`
 * (spec/01 §10.9). Wisps and events are records, not work, and are not asked.
 */
export async function checkNewBeads(
  { flags, out, env }: CommandContext,
  { beadsDir }: Pick<Workspace, "beadsDir">,
  operations: readonly Operation[],
): Promise<void> {
  const settings = await settingsIfSet(beadsDir, env, ["validation.on-create", "create.require-description"]);
  const rule = flags.boolean("validate") ? "error" : (settings?.text("validation.on-create") ?? "none");
  const isDescribed = settings?.isOn("create.require-description") ?? false;
  if (rule !== "error" && rule !== "warn" && !isDescribed) return;
  const { missingSections } = await import("./recommended-sections.ts");
  for (const operation of operations) {
    if (operation.op !== "create") continue;
    const { bead } = operation;
    const type = bead.type ?? "task";
    if (bead.ephemeral === true || type === "event") continue;
    const description = bead.description ?? "";
    if (isDescribed && description.trim() === "") {
      throw invalid(`description is required: "${sanitiseLine(bead.title)}" has none`, {
        hint: "add -d, or: bd config set create.require-description false",
      });
    }
    const missing = missingSections({ type, description, acceptanceCriteria: bead.acceptanceCriteria ?? "" });
    if (missing.length === 0) continue;
    const message = `validation failed: missing ${missing.map((name) => `"## ${name}"`).join(", ")}`;
    if (rule === "error") throw invalid(message);
    if (rule === "warn") out.warn(message);
  }
}
