import { GtError } from "../../core/gt-error.ts";
import type { Question } from "./command.ts";
import { isTerminal, type StandardOutput } from "./standard-output.ts";

export interface PromptState {
  readonly out: StandardOutput;
  readonly yes: boolean;
  readonly agentMode: boolean;
}

/** Asks on the terminal; the default answer is the harmless one (spec/07 §1.8). */
export async function ask(question: Question, state: PromptState): Promise<boolean> {
  if (state.yes && question.typed === undefined) return true;
  const canAsk = !state.out.json && !state.agentMode && isTerminal(0) && isTerminal(2);
  if (!canAsk) {
    const flag = question.flag ?? (question.typed === undefined ? "--yes" : "--force");
    throw new GtError("E_REFUSED", `this needs an answer: ${question.text}`, {
      why: ["there is nobody at a terminal to ask"],
      hint: `run it again with ${flag}`,
    });
  }
  state.out.flush();
  const expected = question.typed;
  process.stderr.write(
    expected === undefined ? `${question.text} [y/N] ` : `${question.text}\ntype "${expected}" to go on: `,
  );
  const answer = await readLine();
  return expected === undefined ? /^y(es)?$/i.test(answer) : answer === expected;
}

/** Waits without blocking, so that Ctrl-C at the prompt ends the command. */
async function readLine(): Promise<string> {
  const { stdin } = process;
  return new Promise((resolve) => {
    const finish = (text: string) => {
      stdin.pause();
      stdin.removeAllListeners("data").removeAllListeners("end");
      resolve(text.trim());
    };
    stdin
      .setEncoding("utf8")
      .once("data", finish)
      .once("end", () => finish(""));
  });
}
