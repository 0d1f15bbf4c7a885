import { type Invocation, parseArguments } from "./parse-arguments.ts";
import type { Program } from "./command.ts";
import { runProgram } from "./run-program.ts";

/**
 * Runs a command line in a small file that holds one command alone; whatever else the line says goes to the whole program.
 * Agents call a few commands at each prompt, and loading the whole program takes longer than running them (spec/07 §1.9).
 */
export async function startQuickly(
  program: Program,
  isHere: (words: string, invocation: Invocation) => boolean,
  wholeProgram: () => Promise<unknown>,
): Promise<void> {
  await (isFor(program, isHere) ? runProgram(program) : wholeProgram());
}

function isFor(program: Program, isHere: (words: string, invocation: Invocation) => boolean): boolean {
  try {
    const invocation = parseArguments(program, process.argv.slice(2));
    if (invocation.wantsHelp || invocation.flags.has("version")) return false;
    return isHere(invocation.path.map((part) => part.name).join(" "), invocation);
  } catch {
    return false; // the whole program says what is wrong with the line
  }
}
