import { bdProgram } from "./bd-program.ts";
import { runProgram } from "./run-program.ts";

await runProgram(bdProgram);
