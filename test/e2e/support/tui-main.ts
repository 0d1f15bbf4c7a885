import { launchTui, type TuiOptions } from "../../../src/ui/tui/launch-tui.ts";
import { openTown } from "../../../src/core/town/open-town.ts";

// Opens the TUI on the town of the first argument; the second one is its options as JSON.
const [root = "", options = "{}"] = process.argv.slice(2);
const code = await launchTui(openTown(root), JSON.parse(options) as TuiOptions).catch((error: unknown) => {
  process.stderr.write(`error: ${error instanceof Error ? error.stack : String(error)}\n`);
  return 1;
});
process.exit(code);
