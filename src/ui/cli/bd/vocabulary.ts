import { builtInTypes } from "../../../core/ledger/bead-types.ts";
import { builtInStatuses } from "../../../core/ledger/statuses.ts";
import type { CommandContext } from "../command.ts";
import { openWorkspace } from "./workspace.ts";

const meanings: Readonly<Record<string, readonly [icon: string, meaning: string]>> = {
  open: ["○", "available"],
  in_progress: ["◐", "being worked on"],
  hooked: ["◇", "on an agent's hook, not yet started"],
  blocked: ["●", "marked as blocked"],
  deferred: ["❄", "on ice"],
  pinned: ["📌", "stays open, blocks nobody"],
  closed: ["✓", "finished"],
};

/** `bd statuses` (spec/01 §10.3). */
export async function statuses(context: CommandContext): Promise<void> {
  const { out } = context;
  const { ledger } = await openWorkspace(context);
  const builtIn = [...builtInStatuses].map(([name, category]) => {
    const [icon = "◇", description = ""] = meanings[name] ?? [];
    return { name, category, icon, description };
  });
  const custom = [...ledger.statuses().categories]
    .filter(([name]) => !builtInStatuses.has(name))
    .map(([name, category]) => ({ name, category, icon: "◇", description: "" }));
  out.document({ built_in_statuses: builtIn, ...(custom.length === 0 ? {} : { custom_statuses: custom }) });
  for (const { icon, name, category, description } of [...builtIn, ...custom]) {
    out.line(`${icon} ${name.padEnd(12)} ${category.padEnd(7)} ${description}`.trimEnd());
  }
}

/** `bd types`. */
export async function types(context: CommandContext): Promise<void> {
  const { out } = context;
  const { ledger } = await openWorkspace(context);
  const core = [...builtInTypes].map(([name, description]) => ({ name, description }));
  const custom = ((await ledger.config("types.custom")) ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  out.document({ core_types: core, ...(custom.length === 0 ? {} : { custom_types: custom }) });
  for (const { name, description } of core) out.line(`${name.padEnd(14)} ${description}`);
  for (const name of custom) out.line(name);
}
