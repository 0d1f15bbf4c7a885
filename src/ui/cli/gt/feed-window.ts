import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../../core/package-root.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";

const run = promisify(execFile);
const name = "feed";

/** `gt feed --window`: the window `feed` of the tmux session that this runs in, made if it is not there (spec/06 §10). */
export async function showFeedWindow({ env, cwd, flags }: CommandContext): Promise<number> {
  if (!env["TMUX"])
    throw new GtError("E_NO_TMUX", "--window needs tmux; run gt feed in another terminal", {
      hint: "gt feed",
    });
  const tmux = (...args: readonly string[]) => run("tmux", args, { cwd, env });
  const { stdout } = await tmux("list-windows", "-F", "#{window_name}");
  if (stdout.split("\n").includes(name)) await tmux("select-window", "-t", `:=${name}`);
  else
    await tmux(
      ...["new-window", "-n", name, "-c", cwd, process.execPath, join(packageRoot(), "bin", "gt"), "feed"],
      ...sameFilters(flags),
    );
  return 0;
}

function sameFilters(flags: CommandContext["flags"]): readonly string[] {
  const given = ["limit", "since", "rig", "mol", "actor"].flatMap((flag) => {
    const value = flags.string(flag);
    return value === undefined ? [] : [`--${flag}`, value];
  });
  const types = flags.strings("type").flatMap((type) => ["--type", type]);
  const switches = ["problems", "audit"].filter((flag) => flags.boolean(flag)).map((flag) => `--${flag}`);
  return [...given, ...types, ...switches];
}
