import { gtProgram } from "../gt-program.ts";
import { startQuickly } from "../start-quickly.ts";

await startQuickly(
  gtProgram,
  (words) => words === "heartbeat",
  () => import("../gt.ts"),
);
