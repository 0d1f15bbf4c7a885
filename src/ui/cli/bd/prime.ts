import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";
import { Settings } from "../../../core/ledger/settings.ts";

const timeLimitMs = 2000;

/**
 * `bd prime`: what an agent should know about beads at the start of a session (spec/01 §10.7). It must never get in the
 * way of a session: without a ledger, on any error and after two seconds it prints nothing and succeeds.
 */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const text = await withinTime(primeText(context)).catch(() => "");
  if (!flags.boolean("hook-json")) {
    out.raw(text === "" || text.endsWith("\n") ? text : `${text}\n`);
    return;
  }
  const output = { hookSpecificOutput: { hookEventName: "SessionStart", additionalContext: text } };
  out.raw(`${JSON.stringify(output)}\n`);
}

async function withinTime(text: Promise<string>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(""), timeLimitMs);
  });
  return Promise.race([text, late]).finally(() => clearTimeout(timer));
}

async function primeText(context: CommandContext): Promise<string> {
  const { flags, cwd, env } = context;
  const workspace = await openWorkspace(context);
  const memories = await memoryLines(workspace);
  if (flags.boolean("memories-only")) return memories.join("\n");
  const settings = await Settings.read(workspace, env);
  const own = flags.boolean("export") ? undefined : overriddenText(cwd, workspace, env);
  const guide =
    own ??
    guideLines({
      isQuiet: flags.boolean("stealth"),
      pushes: !settings.isOn("no-push") && !settings.isOn("no-git-ops"),
    }).join("\n");
  const town =
    workspace.town === undefined
      ? []
      : ["", "This repository belongs to a town: run `gt prime` for your role and your work."];
  return [guide.trimEnd(), ...(memories.length === 0 ? [] : ["", ...memories]), ...town].join("\n");
}

function overriddenText(cwd: string, { beadsDir }: Workspace, env: NodeJS.ProcessEnv): string | undefined {
  const user = join(env["XDG_CONFIG_HOME"] || join(env["HOME"] || homedir(), ".config"), "beads", "PRIME.md");
  const file = [join(cwd, ".beads", "PRIME.md"), join(beadsDir, "PRIME.md"), user].find((path) =>
    existsSync(path),
  );
  return file === undefined ? undefined : readFileSync(file, "utf8");
}

async function memoryLines({ ledger }: Workspace): Promise<readonly string[]> {
  const memories = [...(await ledger.values("memory"))].toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (memories.length === 0) return [];
  return [
    "## Memories",
    "",
    ...memories.map(([key, value]) => `- **${sanitiseLine(key)}**: ${sanitise(value)}`),
  ];
}

function guideLines({
  isQuiet,
  pushes,
}: {
  readonly isQuiet: boolean;
  readonly pushes: boolean;
}): readonly string[] {
  const finish = isQuiet
    ? []
    : [
        "## Before you stop",
        "",
        "Work that nobody can see did not happen. Go through this list:",
        "",
        '1. `bd close <id> --reason "what was done"` for everything that is finished',
        '2. `bd update <id> -s open --append-notes "where I stopped"` for what is not',
        "3. `bd create ... --deps discovered-from:<id>` for everything that you noticed and did not do",
        "4. `bd sync` so that others get the beads",
        ...(pushes ? ["5. `git add`, `git commit`, `git push` so that others get the code"] : []),
        "",
      ];
  return [
    "# Work is tracked in beads",
    "",
    "Every piece of work is a bead: a task, bug, feature or epic with an id such as `gt-k3x9a`. Plan, remember and hand over",
    "work here, not in lists of your own: a bead outlives your session and others see it.",
    "",
    "## Find work",
    "",
    "- `bd ready` - what can be started now, most urgent first",
    "- `bd ready --claim --json` - take the first one in one step; nobody else gets the same",
    "- `bd show <id>` - everything about one bead",
    "- `bd list -s in_progress` - what is being worked on; `bd list -a <who>` - by whom",
    "- `bd blocked` - what waits, and for what",
    '- `bd search "text"` - look before you create',
    "",
    "## Do work",
    "",
    "- `bd update <id> --claim` - make it yours before you begin (refused when somebody has it)",
    '- `bd update <id> --append-notes "..."` - note what you found out while you work',
    '- `bd comment <id> "..."` - say something to others',
    '- `bd close <id> --reason "..."` - when it is done; a reason that begins with `failed` closes it as a failure',
    "- `bd close <id> --suggest-next` - also shows what became ready",
    "",
    "## Create work",
    "",
    '- `bd create "Title" -t bug -p 1 -d "why and what"` - types: task, bug, feature, epic, chore, decision, spike',
    '- `bd create "Title" --parent <epic>` - a child of an epic',
    '- `bd create "Title" --deps discovered-from:<id>` - noticed while working on another bead',
    "- `bd create --file plan.md` - one bead for each `##` heading",
    "- Priorities: 0 critical, 1 high, 2 normal, 3 low, 4 backlog",
    "",
    "## Dependencies",
    "",
    "The direction is the part that goes wrong. `bd dep add A B` reads **A depends on B**: B comes first, and A is not ready",
    "until B is closed. If the tests need the API, it is `bd dep add <tests> <api>`.",
    "",
    "- `bd dep tree <id>` - what it depends on; `bd dep list <id> --direction up` - what waits for it",
    "- Children inherit: while an epic is blocked, none of its children is ready",
    "",
    "## Hold and wait",
    "",
    "- `bd defer <id> --until tomorrow` - out of sight until then; it wakes up by itself",
    '- `bd gate create --blocks <id> -r "which colour?"` - a person has to answer first; `bd gate list` shows what waits',
    "- `bd close <step> --continue` - closes a step of a molecule and claims the next one",
    "",
    "## Habits",
    "",
    "- Add `--json` when you read the output with a program",
    "- Ids can be shortened: `bd show k3x9a`",
    '- `bd remember "..."` keeps a fact for later sessions; `bd memories` shows them',
    "- Texts from a file or stdin: `--body-file notes.md`, `--stdin`",
    "- Do not edit `.beads/` by hand",
    "",
    ...finish,
  ];
}
