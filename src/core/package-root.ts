import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package's root: where `bin/` is, both when running from `dist/` and from the sources. */
export function packageRoot(from: string = import.meta.url): string {
  let directory = dirname(fileURLToPath(from));
  while (!existsSync(join(directory, "bin", "gt")) && dirname(directory) !== directory)
    directory = dirname(directory);
  return directory;
}
