import { simpleCommands } from "./shell-words.ts";

/** Who wants to run a command, and where. */
export interface GuardContext {
  readonly role: string;
  readonly townRoot: string;
  readonly home: string;
  readonly cwd: string;
  /** Default branch of the agent's rig; empty for roles of the town. */
  readonly defaultBranch: string;
  /** The rig lands work through pull requests of the host. */
  readonly usesPullRequests: boolean;
  /** A snapshot of the worktree was just taken, so that what would be lost is not. */
  readonly hasSnapshot: boolean;
  readonly disabled: readonly string[];
}

export interface Guard {
  readonly name: string;
  readonly description: string;
  readonly roles: readonly string[] | "all";
  /** Why the command must not run, or undefined. */
  readonly check: (command: readonly string[], context: GuardContext) => string | undefined;
}

const autonomous = ["polecat", "witness", "refinery", "deacon", "boot", "dog"];

const isAutonomous = (role: string): boolean => autonomous.includes(role);

/** `git` with its own options in front of the subcommand taken away. */
function gitWords(command: readonly string[]): readonly string[] | undefined {
  if (baseName(command[0]) !== "git") return undefined;
  let at = 1;
  while (command[at]?.startsWith("-")) at += command[at] === "-C" || command[at] === "-c" ? 2 : 1;
  return command.slice(at);
}

const baseName = (path: string | undefined): string => path?.split("/").at(-1) ?? "";
const has = (words: readonly string[], ...wanted: readonly string[]): boolean =>
  words.some((word) => wanted.includes(word));
/** A single-letter flag, also among joined ones. */
const hasLetter = (words: readonly string[], letter: string): boolean =>
  words.some((word) => new RegExp(`^-[A-Za-z]*${letter}`).test(word));

export const guards: readonly Guard[] = [
  {
    name: "pr-workflow",
    description: "no pull requests and no own branches: the merge queue lands the branch",
    roles: ["polecat", "crew", "witness", "refinery"],
    check: (command, { usesPullRequests }) => {
      if (usesPullRequests) return undefined;
      if (baseName(command[0]) === "gh" && command[1] === "pr" && command[2] === "create")
        return "pull requests are not used here. Run `gt done`; the refinery lands your branch.";
      const git = gitWords(command);
      const branches =
        (git?.[0] === "checkout" && has(git, "-b", "-B")) ||
        (git?.[0] === "switch" && has(git, "-c", "-C", "--create"));
      return branches ? "you already have your branch. Commit on it and run `gt done`." : undefined;
    },
  },
  {
    name: "dangerous-command",
    description: "nothing that changes the machine or throws work away",
    roles: "all",
    check: (command, context) =>
      (isAutonomous(context.role) ? changesMachine(command) : undefined) ?? destroys(command, context),
  },
  {
    name: "bd-init",
    description: "no second ledger inside the town",
    roles: "all",
    check: (command, { cwd, townRoot }) =>
      baseName(command[0]) === "bd" && command[1] === "init" && townRoot !== "" && isInside(cwd, townRoot)
        ? "the town's ledger is already here. Use `bd create`, `bd list`, `bd show`."
        : undefined,
  },
  {
    name: "mol-patrol",
    description: "patrols are wisps, not beads",
    roles: ["witness", "refinery", "deacon"],
    check: (command) =>
      baseName(command[0]) === "bd" &&
      command[1] === "mol" &&
      command[2] === "pour" &&
      (command[3] ?? "").includes("patrol")
        ? "a patrol must not become permanent beads. Use `bd mol wisp`."
        : undefined,
  },
  {
    name: "merge-direct",
    description: "only the refinery pushes the default branch",
    roles: ["polecat"],
    check: (command, { defaultBranch }) => {
      const git = gitWords(command);
      if (git?.[0] !== "push" || defaultBranch === "") return undefined;
      const [, ...refs] = git.slice(1).filter((word) => !word.startsWith("-"));
      const pushes = refs.some(
        (ref) => (ref.split(":").at(-1) ?? "").replace("refs/heads/", "") === defaultBranch,
      );
      return pushes ? `only the refinery pushes ${defaultBranch}. Commit and run \`gt done\`.` : undefined;
    },
  },
];

/** The first reason why the line must not run, in at most 300 characters; undefined when it may. */
export function guardCommand(
  line: string,
  context: GuardContext,
  only?: string,
): { readonly guard: string; readonly reason: string } | undefined {
  const applicable = guards.filter(
    (guard) =>
      (only === undefined || guard.name === only) &&
      !context.disabled.includes(guard.name) &&
      (guard.roles === "all" || guard.roles.includes(context.role)),
  );
  for (const command of simpleCommands(line)) {
    for (const guard of applicable) {
      const reason = guard.check(command, context);
      if (reason !== undefined)
        return { guard: guard.name, reason: `blocked by gas town: ${reason}`.slice(0, 300) };
    }
  }
  return undefined;
}

/** Whether the line throws uncommitted work away, so that a snapshot should be taken first. */
export function losesWork(line: string): boolean {
  return simpleCommands(line).some((command) => {
    const git = gitWords(command) ?? [];
    const [verb, second] = git;
    if (verb === "reset") return has(git, "--hard");
    if (verb === "clean") return true;
    if (verb === "stash") return second === "drop" || second === "clear";
    return (verb === "checkout" || verb === "restore") && has(git, "--", ".");
  });
}

const installers: Readonly<Record<string, readonly string[]>> = {
  apt: ["install"],
  "apt-get": ["install"],
  dnf: ["install"],
  yum: ["install"],
  brew: ["install"],
  gem: ["install"],
};

function changesMachine(command: readonly string[]): string | undefined {
  const name = baseName(command[0]);
  const ask = "Ask with `gt escalate` when the machine lacks something.";
  if (name === "sudo" || name === "doas") return `${name} is not for agents. ${ask}`;
  if (installers[name]?.includes(command[1] ?? "") || (name === "pacman" && hasLetter(command, "S")))
    return `installing packages on this machine is not for agents. ${ask}`;
  if (
    /^pip\d?$/.test(name) &&
    command[1] === "install" &&
    has(command, "--system", "--break-system-packages")
  )
    return `installing into the system's Python is not for agents. ${ask}`;
  if (name === "npm" && has(command, "i", "install", "add") && has(command, "-g", "--global"))
    return `global npm packages are not for agents. ${ask}`;
  return undefined;
}

function destroys(command: readonly string[], context: GuardContext): string | undefined {
  const name = baseName(command[0]);
  if (name === "rm" && hasLetter(command, "[rR]") && hasLetter(command, "f")) {
    const { home, townRoot } = context;
    const targets = command.slice(1).filter((word) => !word.startsWith("-"));
    const forbidden = ["/", "/*", "~", "~/", "$HOME", "$" + "{HOME}", home, townRoot].filter(
      (path) => path !== "",
    );
    if (targets.some((path) => forbidden.includes(path.length > 1 ? path.replace(/\/$/, "") : path)))
      return "that would delete far more than your work. Delete named files inside your worktree.";
  }
  const git = gitWords(command);
  if (git?.[0] === "push" && (has(git, "--force") || hasLetter(git, "f")))
    return "force-pushing throws others' work away. Use `--force-with-lease` on your own branch.";
  const throwsAway =
    (git?.[0] === "reset" && has(git, "--hard")) || (git?.[0] === "clean" && hasLetter(git, "f"));
  if (throwsAway && !context.hasSnapshot)
    return "that throws uncommitted work away and no snapshot could be taken. Commit or stash first.";
  if (/\b(DROP\s+(TABLE|DATABASE)|TRUNCATE\s+TABLE)\b/i.test(command.slice(1).join(" ")) && isSqlClient(name))
    return "dropping tables is not for agents. Ask with `gt escalate`.";
  return undefined;
}

const isSqlClient = (name: string): boolean =>
  /^(psql|mysql|mariadb|sqlite3|sqlcmd|mongo|cockroach|duckdb)$/.test(name);

const isInside = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(`${directory}/`);
