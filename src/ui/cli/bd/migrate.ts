import { schemaVersion } from "../../../core/ledger/store/schema.ts";
import type { CommandContext } from "../command.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd migrate`: opening a ledger for writing has migrated it already (spec/01 §7.3), so this only tells. */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const { ledger } = await openWorkspace(context);
  const found = Number(ledger.database.pragma("user_version"));
  out.document({ status: "up_to_date", schema_version_found: found, database_path: ledger.path });
  out.line(`Already up to date (schema v${found})`);
  if (found > schemaVersion) out.warn(`this program knows schema v${schemaVersion}; upgrade gastown`);
}
