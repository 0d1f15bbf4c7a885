import { setTimeout as delay } from "node:timers/promises";
import type { TestTerminal } from "../../support/terminal.ts";
import { waitFor } from "../../support/wait-for.ts";

const mostSteps = 50;

/**
 * Somebody at the keyboard of a TUI, as one would tell it: `person.agents().select("nux").press("n").type("status?").enter()`.
 * What is told is done one after the other, each step when the one before it is over; `done` waits for the last.
 */
export class Person {
  readonly terminal: TestTerminal;
  readonly #paceMs: number;
  #told: Promise<void> = Promise.resolve();

  /** `paceMs`: how long to wait after each step, for who watches. */
  constructor(terminal: TestTerminal, { paceMs = 0 }: { readonly paceMs?: number } = {}) {
    this.terminal = terminal;
    this.#paceMs = paceMs;
    // A step that fails is reported by `done`, also when that is asked later.
    this.#told.catch(() => undefined);
  }

  agents(): this {
    return this.#go(["1"], /1 Agents/);
  }

  convoys(): this {
    return this.#go(["2"], /2 Convoys/);
  }

  feed(): this {
    return this.#go(["3"], /3 Feed/);
  }

  problems(): this {
    return this.#go(["1", "p"], /╭ Problems/);
  }

  beads(): this {
    return this.#go(["1", "b"], /╭ Beads/);
  }

  /** The waves of the convoy that is selected in the panel. */
  convoy(): this {
    return this.#go(["c"], /╭ Convoy /);
  }

  queue(): this {
    return this.#go(["1", "m"], /╭ Merge queue/);
  }

  inbox(): this {
    return this.#go(["1", "i"], /╭ Inbox/);
  }

  log(): this {
    return this.#go(["1", "l"], /╭ Log/);
  }

  /** Goes up or down the list in front until the row with this text is the selected one. */
  select(text: string): this {
    return this.does(async () => {
      const { terminal } = this;
      for (let step = 0; step < mostSteps; step++) {
        const isShown = () => terminal.screen.includes(text) && terminal.highlighted.text !== "";
        await waitFor(() => terminal.isWhole && isShown(), {
          what: `a row "${text}" and a selected one; screen:\n${terminal.screen}`,
        });
        const { text: selected, y } = terminal.highlighted;
        if (selected.includes(text)) return;
        terminal.press(terminal.placeOf(text).y > y ? "j" : "k");
        // Keys of the step before may still be on their way: then the next look decides.
        await waitFor(() => terminal.highlighted.text !== selected, { timeoutMs: 1000 }).catch(
          () => undefined,
        );
      }
      throw new Error(`"${text}" cannot be selected; screen:\n${terminal.screen}`);
    });
  }

  press(...keys: readonly string[]): this {
    return this.does(() => void this.terminal.press(...keys));
  }

  type(text: string): this {
    return this.does(() => void this.terminal.type(text));
  }

  enter(): this {
    return this.press("enter");
  }

  /** Esc by itself: a key right behind it would be Alt and that key, so what it does is waited for. */
  escape(): this {
    return this.does(async () => {
      const { terminal } = this;
      await waitFor(() => terminal.isWhole);
      const before = terminal.screen;
      const isAbove = () => terminal.lines.at(-1)?.includes("Esc") === true;
      const wasAbove = isAbove();
      terminal.press("escape");
      await waitFor(() => terminal.isWhole && (wasAbove ? !isAbove() : terminal.screen !== before), {
        what: `Esc to do something; screen:\n${before}`,
      });
    });
  }

  click(text: string): this {
    return this.does(() => {
      const { x, y } = this.terminal.placeOf(text);
      this.terminal.mouse("press", x, y).mouse("release", x, y);
    });
  }

  resize(columns: number, rows: number): this {
    return this.does(() => void this.terminal.resize(columns, rows));
  }

  sees(...wanted: readonly (string | RegExp)[]): this {
    return this.does(async () => {
      for (const one of wanted) await this.terminal.waitForText(one);
    });
  }

  /** It goes away, if it is there. */
  seesNo(unwanted: string): this {
    return this.does(async () => {
      await this.terminal.waitForText((screen) => !screen.includes(unwanted));
    });
  }

  /** Anything else, in its turn. */
  does(step: () => void | Promise<void>): this {
    this.#told = this.#told.then(step).then(() => (this.#paceMs > 0 ? delay(this.#paceMs) : undefined));
    this.#told.catch(() => undefined);
    return this;
  }

  /** Everything that was told has happened; rejects with the first step that could not be done. */
  done(): Promise<void> {
    return this.#told;
  }

  #go(keys: readonly string[], title: RegExp): this {
    return this.press(...keys).sees(title);
  }
}
