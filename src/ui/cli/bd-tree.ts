import type { CommandSpec } from "./command.ts";

/** Every command of `bd`. */
export const bdTree: readonly CommandSpec[] = [];
