import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ManagedFile, managedFiles } from "../../../agents/hooks/managed-files.ts";
import { askGit } from "../../../core/git/git.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt hooks diff [target]` (spec/03 §4.7): exit 1 when something would change. */
export async function run(context: CommandContext): Promise<number> {
  const { args, out, env } = context;
  const [wanted] = args;
  const files = await managedFiles(await context.town(), await context.ledger(), env);
  const asked = files.filter(
    ({ target }) =>
      wanted === undefined ||
      target === wanted.replace(/\bpolecat$/, "polecats") ||
      target.startsWith(`${wanted}/`),
  );
  if (wanted !== undefined && asked.length === 0)
    throw new GtError("E_NOT_FOUND", `no targets match "${sanitiseLine(wanted)}"`, { hint: "gt hooks list" });
  const changed = asked.filter(({ status }) => status === "missing" || status === "out of sync");
  const diffs = await differences(context, changed);
  out.document(changed.map(({ target, file }, index) => ({ target, file, diff: diffs[index] })));
  if (changed.length === 0) out.line("No changes pending - all targets in sync");
  for (const diff of diffs) out.line(sanitise(diff).trimEnd());
  return changed.length > 0 ? 1 : 0;
}

async function differences(
  { onEnd }: CommandContext,
  files: readonly ManagedFile[],
): Promise<readonly string[]> {
  const directory = mkdtempSync(join(tmpdir(), "gt-hooks-"));
  onEnd(() => rmSync(directory, { recursive: true, force: true }));
  const diffs: string[] = [];
  for (const { plan } of files)
    for (const { path, text, found } of plan?.files ?? []) {
      if (found === text) continue;
      const [before, after] = [join(directory, "before"), join(directory, "after")];
      writeFileSync(before, found ?? "");
      writeFileSync(after, text);
      const { stdout } = await askGit(directory, ["diff", "--no-index", "--no-color", "before", "after"]);
      const hunks = stdout.slice(Math.max(0, stdout.indexOf("@@")));
      diffs.push(`--- ${path}${found === undefined ? " (missing)" : ""}\n+++ ${path}\n${hunks}`);
    }
  return diffs;
}
