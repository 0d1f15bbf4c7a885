import { existsSync, mkdtempSync, realpathSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where what all test files of a run copy from lies; whoever finds nothing there makes it in a `workshop` and keeps it. */
export const madePlace = (name: string): string => join(homes(), `gt-made-${name}`);

/** A directory to make something in that `keepMade` takes away again. */
export const workshop = (): string => realpathSync(mkdtempSync(join(homes(), "gt-workshop-")));

/** Moves what was made in a workshop to its place, unless another test file was faster. */
export function keepMade(made: string, place: string, shop: string): void {
  try {
    renameSync(made, place);
  } catch (error) {
    if (!existsSync(place)) throw error;
  }
  rmSync(shop, { recursive: true, force: true });
}

const homes = (): string => process.env["GT_TEST_HOMES"] ?? tmpdir();
