/** The part of blessed's `Program` that the terminal driver uses; its other two thirds are never called. */
export interface BlessedProgram {
  alternateBuffer(): void;
  normalBuffer(): void;
  hideCursor(): void;
  showCursor(): void;
  setMouse(modes: Readonly<Record<string, boolean>>, enable?: boolean): void;
  setMode(mode: string): void;
  resetMode(mode: string): void;
  setTitle(title: string): void;
  write(text: string): void;
}

/** Loads `Program` alone, without blessed's widgets. */
export async function loadProgram(): Promise<new (options: object) => BlessedProgram> {
  const specifier = "blessed/lib/program.js";
  const module = (await import(specifier)) as { default: new (options: object) => BlessedProgram };
  return module.default;
}
