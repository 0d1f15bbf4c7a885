import { existsSync } from "node:fs";
import { directiveFile, readDirective } from "../../../agents/prime/directive-files.ts";
import { roleNames } from "../../../agents/runtimes/role-definition.ts";
import type { CommandContext } from "../command.ts";

/** `gt directive list` (spec/02 §6.3). */
export async function run({ out, ...context }: CommandContext): Promise<void> {
  const town = await context.town();
  const rows = ["", ...town.rigs().map((rig) => rig.name)].flatMap((rig) =>
    roleNames.flatMap((role) => {
      const file = directiveFile(town, role, rig);
      if (!existsSync(file)) return [];
      return [{ role, rig: rig === "" ? null : rig, file, characters: readDirective(file).length }];
    }),
  );
  out.document(rows);
  if (rows.length === 0) {
    out.line("no directives");
    out.next("gt directive edit polecat");
    return;
  }
  const cells = rows.map((row) => [row.role, row.rig ?? "(town)", String(row.characters), row.file]);
  out.table(["role", "rig", "characters", "file"], cells);
}
