import { existsSync, realpathSync } from "node:fs";
import { relative, sep } from "node:path";
import { GtError } from "../../core/gt-error.ts";

/** `E_CWD_INSIDE` for a caller who stands in what is to be removed, by whatever links he got there (spec/04 §3.7 rule 4). */
export function expectOutside(cwd: string, directory: string, what: string): void {
  if (!existsSync(cwd) || !existsSync(directory)) return;
  const inside = relative(realpathSync(directory), realpathSync(cwd));
  if (inside === ".." || inside.startsWith(`..${sep}`)) return;
  throw new GtError("E_CWD_INSIDE", `you are inside ${what}`, {
    why: [directory],
    hint: 'cd "$GT_TOWN_ROOT", or anywhere else, and try again',
  });
}
