import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { askGit } from "../../../core/git/git.ts";
import { GtError } from "../../../core/gt-error.ts";
import { exportScope } from "../../../core/ledger/jsonl/export-scope.ts";
import { importChangedFile } from "../../../core/ledger/jsonl/import-changed-file.ts";
import type { CommandContext } from "../command.ts";
import { ledgerPlace } from "./ledger-place.ts";
import { Settings } from "../../../core/ledger/settings.ts";
import { writeFileAtomic } from "../../../core/town/write-file.ts";
import { openWorkspace } from "./workspace.ts";

/** The hooks of git that keep the exported file and the ledger together (spec/01 §10.6). */
const hookNames = ["pre-commit", "post-merge", "post-checkout", "prepare-commit-msg"] as const;
const begin = "# BEGIN BEADS";
const end = "# END BEADS";

function section(name: string): string {
  // A commit must never fail because of the ledger, or because bd is not installed on this machine.
  return `${begin}\ncommand -v bd >/dev/null 2>&1 && bd hooks run ${name} "$@" || true\n${end}\n`;
}

/** `bd hooks install`: adds our section to each hook and leaves the rest of the file alone. */
export async function install(context: CommandContext): Promise<void> {
  const directory = await hooksDirectory(context);
  await mkdir(directory, { recursive: true });
  for (const name of hookNames) {
    const file = join(directory, name);
    const text = existsSync(file) ? await readFile(file, "utf8") : "#!/bin/sh\n";
    const rest = withoutSection(text);
    await writeFileAtomic(file, `${rest}${rest.endsWith("\n") ? "" : "\n"}${section(name)}`);
    await chmod(file, 0o755);
  }
  context.out.document({ installed: hookNames, path: directory });
  context.out.done(`hooks installed: ${hookNames.join(", ")}`);
}

/** `bd hooks uninstall`: takes our sections away, and files that then hold nothing. */
export async function uninstall(context: CommandContext): Promise<void> {
  const directory = await hooksDirectory(context);
  const removed: string[] = [];
  for (const name of hookNames) {
    const file = join(directory, name);
    const text = existsSync(file) ? await readFile(file, "utf8") : "";
    if (!text.includes(begin)) continue;
    const rest = withoutSection(text);
    if (/^#![^\n]*\s*$/.test(rest)) await rm(file);
    else await writeFileAtomic(file, rest);
    removed.push(name);
  }
  context.out.document({ removed, path: directory });
  context.out.done(removed.length === 0 ? "no hooks of ours" : `hooks removed: ${removed.join(", ")}`);
}

/** `bd hooks list`. */
export async function list(context: CommandContext): Promise<void> {
  const directory = await hooksDirectory(context);
  const states = await Promise.all(
    hookNames.map(async (name) => {
      const file = join(directory, name);
      const isInstalled = existsSync(file) && (await readFile(file, "utf8")).includes(begin);
      return { name, installed: isInstalled };
    }),
  );
  context.out.document(states);
  for (const { name, installed } of states) context.out.line(`${installed ? "✓" : "○"} ${name}`);
}

/** `bd hooks run <name> [arguments of git]`, from inside git. */
export async function runHook(context: CommandContext): Promise<void> {
  const [name, ...args] = context.args;
  const workspace = await openWorkspace(context);
  const { ledger, actor, now } = workspace;
  if (name === "prepare-commit-msg") {
    const file = resolve(context.cwd, args[0] ?? "");
    await askGit(context.cwd, [
      "interpret-trailers",
      "--in-place",
      "--if-exists",
      "addIfDifferent",
      "--trailer",
      `Executed-By: ${actor}`,
      "--",
      file,
    ]);
    return;
  }
  const isCommit = name === "pre-commit";
  const settings = await Settings.read(workspace, context.env);
  if (isCommit && settings.text("sync.mode") !== "worktree") return;
  for (const { scope, path } of ledgerPlace(workspace).scopes) {
    await importChangedFile(ledger, { scope, path, actor, now });
    if (!isCommit) continue;
    await exportScope(ledger, { scope, path, now });
    const index = context.env["GIT_INDEX_FILE"];
    await askGit(
      context.cwd,
      ["add", "--force", "--", path],
      index === undefined ? {} : { env: { GIT_INDEX_FILE: resolve(context.cwd, index) } },
    );
  }
}

async function hooksDirectory({ cwd }: CommandContext): Promise<string> {
  const answer = await askGit(cwd, ["rev-parse", "--git-path", "hooks"]);
  if (answer.exitCode !== 0)
    throw new GtError("E_GIT_DIRECTORY", `${cwd} is not in a git repository`, { hint: "git init" });
  return resolve(cwd, answer.stdout.trim());
}

function withoutSection(text: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  return from < 0 || to < from ? text : text.slice(0, from) + text.slice(to + end.length).replace(/^\n/, "");
}
