import { version } from "../../../core/version.ts";
import type { CommandContext } from "../command.ts";
import { readBuild, versionLine } from "../version-line.ts";

/** `bd version` (spec/01 §10.6). */
export async function run({ out }: CommandContext): Promise<void> {
  const { commit, branch } = readBuild();
  out.document({
    version,
    ...(commit === undefined ? {} : { commit }),
    ...(branch === undefined ? {} : { branch }),
  });
  out.line(versionLine("bd"));
}
