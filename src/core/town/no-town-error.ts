import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { GtError } from "../gt-error.ts";
import { shortenHome, type TownSearch } from "./find-town.ts";
import { knownTowns } from "./known-towns.ts";

/** The error of a command that needs a town and has none (spec/07 §2.2). */
export function noTownError({ cwd, env }: TownSearch): GtError {
  const gone = !exists(cwd);
  const bare = gone ? undefined : bareMayor(cwd);
  const known = knownTowns(env).map((town) => `${shortenHome(town.path, env)} (${town.name})`);
  return new GtError("E_NO_TOWN", "not in a Gas Town workspace", {
    why: [
      gone
        ? `the current directory ${cwd} no longer exists; cd to another one`
        : `no mayor/town.json in ${cwd} or above, and GT_TOWN_ROOT is not set`,
      ...(bare
        ? [`${bare} has a mayor directory but is not a town of this program: gt install ${bare}`]
        : []),
      ...(known.length > 0 ? [`known towns: ${known.join(", ")}`] : []),
    ],
    hint: "run inside a town, or create one: gt install <path>",
  });
}

function bareMayor(cwd: string): string | undefined {
  for (let at = cwd; dirname(at) !== at; at = dirname(at)) if (exists(join(at, "mayor"))) return at;
  return undefined;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
