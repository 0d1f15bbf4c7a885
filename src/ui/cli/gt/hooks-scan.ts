import { managedFiles, staleFiles } from "../../../agents/hooks/managed-files.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { isObject, readJsonFile } from "../../../core/town/json-file.ts";
import type { CommandContext } from "../command.ts";

interface Found {
  readonly event: string;
  readonly matcher: string;
  readonly command: string;
  readonly file: string;
}

/** `gt hooks scan` (spec/03 §4.7): what the files hold, ours or not. */
export async function run(context: CommandContext): Promise<void> {
  const { out, env } = context;
  const [town, ledger] = [await context.town(), await context.ledger()];
  const files = await managedFiles(town, ledger, env);
  const paths = new Set([...files.map(({ file }) => file), ...(await staleFiles(town, ledger))]);
  const hooks = [...paths].filter((path) => path.endsWith(".json")).flatMap(hooksIn);
  out.document(hooks);
  if (hooks.length === 0) out.line("No hooks in the town's files.");
  for (const [event, of] of Map.groupBy(hooks, (each) => each.event)) {
    out.line(out.style.bold(sanitiseLine(event)));
    for (const { matcher, command, file } of of) {
      const on = matcher === "" ? "" : `[${matcher}] `;
      out.line(
        sanitiseLine(
          `  ${on}${command}${context.verbose || context.flags.boolean("verbose") ? `   ${file}` : ""}`,
        ),
      );
    }
  }
}

function hooksIn(file: string): readonly Found[] {
  let events: unknown;
  try {
    events = readJsonFile(file)?.["hooks"];
  } catch {
    return []; // `gt hooks list` says so
  }
  if (!isObject(events)) return [];
  return Object.entries(events).flatMap(([event, entries]) =>
    (Array.isArray(entries) ? entries.filter(isObject) : []).flatMap((entry) => {
      const nested = Array.isArray(entry["hooks"]) ? entry["hooks"].filter(isObject) : [entry];
      const matcher = typeof entry["matcher"] === "string" ? entry["matcher"] : "";
      return nested.flatMap((hook): readonly Found[] => {
        const command = hook["command"] ?? hook["bash"];
        return typeof command === "string" ? [{ event, matcher, command, file }] : [];
      });
    }),
  );
}
