import { gtProgram } from "../gt-program.ts";
import { startQuickly } from "../start-quickly.ts";

await startQuickly(
  gtProgram,
  // `gt hook <bead>` puts it there, which takes much more code than looking.
  (words, { args }) =>
    ["hook status", "hook show"].includes(words) || (words === "hook" && args.length === 0),
  () => import("../gt.ts"),
);
