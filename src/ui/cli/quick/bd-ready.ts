import { bdProgram } from "../bd-program.ts";
import { startQuickly } from "../start-quickly.ts";

await startQuickly(
  bdProgram,
  (words) => words === "ready",
  () => import("../bd.ts"),
);
