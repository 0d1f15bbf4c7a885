import { gtProgram } from "./gt-program.ts";
import { runProgram } from "./run-program.ts";

await runProgram(gtProgram);
