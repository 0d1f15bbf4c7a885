import type { CommandSpec } from "./command.ts";
import { helpCommands } from "./gt/help.spec.ts";
import { versionCommands } from "./gt/version.spec.ts";

/**
 * Every command of `gt`. A group `x` keeps its cheap record in `gt/x.spec.ts` and its code, loaded when it runs, beside
 * it; one import and one line here add it.
 */
export const gtTree: readonly CommandSpec[] = [...helpCommands, ...versionCommands];
