import type { Terminal } from "@xterm/headless";

interface InputHandler {
  parse(data: string | Uint8Array, promiseResult?: boolean): void | Promise<boolean>;
  eraseInDisplay(parameters: { readonly params: readonly number[]; readonly length: number }): boolean;
}

/**
 * Keeps a program's output from breaking the emulator that shows it: the emulator throws on some sequences, and one that
 * has thrown never parses again. `onDefect` is told; the rest of the chunk is skipped.
 */
export function hardenTerminal(terminal: Terminal, onDefect: (error: unknown) => void = () => {}): void {
  const { _inputHandler: handler } = (
    terminal as unknown as { readonly _core: { readonly _inputHandler: InputHandler } }
  )._core;
  // "Erase to the cursor" in the last cell of a screen without scrollback looks at the line below the last one.
  terminal.parser.registerCsiHandler({ final: "J" }, (parameters) => {
    const { cursorX, cursorY } = terminal.buffer.active;
    const isLastCell = cursorY === terminal.rows - 1 && cursorX >= terminal.cols - 1;
    if (parameters[0] !== 1 || !isLastCell) return false;
    handler.eraseInDisplay({ params: [2], length: 1 });
    return true;
  });
  const parse = handler.parse.bind(handler);
  handler.parse = (data, promiseResult) => {
    try {
      return parse(data, promiseResult);
    } catch (error) {
      onDefect(error);
    }
  };
}
