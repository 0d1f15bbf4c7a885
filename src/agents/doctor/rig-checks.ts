import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { brokenRefs, dropBrokenRefs } from "../../core/git/broken-refs.ts";
import { askGit, networkTimeoutMs, runGit } from "../../core/git/git.ts";
import { removeLocks } from "../../core/git/left-locks.ts";
import { fetchOrigin } from "../../core/git/repository.ts";
import { isValidWorktree, listWorktrees, pruneWorktrees } from "../../core/git/worktree.ts";
import { mergeSettings } from "../../core/merge/merge-settings.ts";
import { identityOf } from "../../core/town/register-rig.ts";
import { rigBeadId } from "../../core/town/rig-properties.ts";
import type { Rig } from "../../core/town/town.ts";
import { locksOfRig } from "../daemon/after-power-cut.ts";
import type { Check, RigCheck } from "./check.ts";
import { codexInstructions } from "./codex-instructions.ts";
import { rebuildRepository } from "./rebuild-repository.ts";

export const rigChecks: readonly RigCheck[] = [
  {
    id: "bare-repo",
    category: "Rigs",
    severity: "error",
    summary: "the shared repository is valid and knows its default branch",
    runForRig: async (_context, rig) => {
      if (!existsSync(rig.repository)) return { message: `${rig.repository} is missing` };
      const damage = await damageOf(rig.repository);
      if (damage !== undefined) return { message: damage };
      const known = await askGit(rig.repository, [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        `refs/remotes/origin/${rig.defaultBranch}`,
      ]);
      return known.exitCode === 0
        ? undefined
        : {
            message: `origin/${rig.defaultBranch} is unknown in the shared repository`,
            hint: `git -C ${rig.repository} fetch origin`,
          };
    },
    fixTimeoutMs: networkTimeoutMs,
    fixRig: async (context, rig) => {
      if (!existsSync(rig.repository) || (await damageOf(rig.repository)) !== undefined)
        return rebuildRepository(context.town(), rig, expectedWorktrees(rig), Date.now());
      await fetchOrigin(rig.repository, { timeoutMs: networkTimeoutMs });
      return "fetched origin";
    },
  },
  {
    id: "rig-bead",
    category: "Rigs",
    severity: "error",
    summary: "the rig's identity bead says whether it takes work",
    runForRig: async (context, rig) => {
      const id = rigBeadId(rig);
      return (await (await context.ledger()).get(id)) === undefined
        ? { message: `${id} is not in the ledger: nothing is started in ${rig.name}` }
        : undefined;
    },
    fixRig: async (context, rig) => {
      const { ledger, actor } = await context.access();
      await ledger.write(actor, [identityOf(rig, rig.gitUrl)]);
      return `made ${rigBeadId(rig)} anew: operational, without labels`;
    },
  },
  {
    id: "worktree-gitdir",
    category: "Rigs",
    severity: "error",
    summary: "every worktree is linked to the shared repository",
    runForRig: async (_context, rig) => {
      const broken = await brokenWorktrees(rig);
      return broken.length === 0
        ? undefined
        : { message: `${broken.length} worktrees are broken`, details: broken };
    },
    fixRig: async (_context, rig) => {
      const broken = await brokenWorktrees(rig);
      // The repository knows where its worktrees are and writes their links anew; what has no directory is forgotten.
      await runGit(rig.repository, ["worktree", "repair"]);
      await pruneWorktrees(rig.repository);
      return `git worktree repair for ${broken.length} worktrees`;
    },
  },
  {
    id: "snapshot-refs",
    category: "Rigs",
    severity: "error",
    summary: "every snapshot and archive of an agent's work can be read",
    runForRig: async (_context, rig) => {
      const broken = (await brokenSnapshots(rig)).flatMap(({ refs }) => refs);
      return broken.length === 0
        ? undefined
        : {
            message: `${broken.length} snapshots cannot be read, and stop those after them`,
            details: broken,
            hint: "gt hooks repair",
          };
    },
    fixRig: async (_context, rig) => {
      const broken = await brokenSnapshots(rig);
      for (const { repository, refs } of broken) await dropBrokenRefs(repository, refs);
      return `forgot ${broken.flatMap(({ refs }) => refs).join(", ")}`;
    },
  },
  {
    id: "git-locks",
    category: "Rigs",
    severity: "error",
    summary: "no git has left a lock file behind",
    runForRig: async (_context, rig) => {
      const left = locksOfRig(rig).map((lock) => lock.path);
      return left.length === 0
        ? undefined
        : {
            message: `${left.length} lock files stop every git that comes by`,
            details: left,
            hint: "when no git is running: gt doctor --fix",
          };
    },
    fixRig: async (_context, rig) => {
      const left = locksOfRig(rig);
      removeLocks(left);
      return `removed ${left.map((lock) => lock.path).join(", ")}`;
    },
  },
  {
    id: "polecat-sandboxes",
    category: "Rigs",
    severity: "warning",
    summary: "every polecat directory belongs to a polecat",
    runForRig: async (context, rig) => {
      const known = new Set(
        (await (await context.ledger()).agents({ rig: rig.name, role: "polecat" })).map(
          (agent) => agent.name,
        ),
      );
      const strangers = directories(rig.polecats).filter((name) => !known.has(name));
      return strangers.length === 0
        ? undefined
        : {
            message: `directories that no polecat owns: ${strangers.join(", ")}`,
            details: strangers.map((name) => join(rig.polecats, name)),
          };
    },
  },
  {
    id: "gates",
    category: "Rigs",
    severity: "info",
    summary: "what lands is tested by a gate",
    runForRig: async (context, rig) => {
      const settings = mergeSettings(context.town().rigSettings(rig.name));
      return settings.gates.length > 0 || !settings.testsRequired
        ? undefined
        : {
            message: "no gate command is set: everything would land untested",
            hint: `gt rig settings set ${rig.name} merge_queue.test_command "npm test"`,
          };
    },
  },
  codexInstructions,
];

export const unregisteredRigs: Check = {
  id: "unregistered-rigs",
  category: "Rigs",
  severity: "warning",
  summary: "every directory that looks like a rig is registered",
  run: async (context) => {
    const town = context.town();
    const known = new Set(town.rigs().map((rig) => rig.name));
    const strangers = directories(town.root).filter(
      (name) => !known.has(name) && existsSync(join(town.root, name, ".repo.git")),
    );
    return strangers.length === 0
      ? undefined
      : {
          message: `directories that look like rigs but are not registered: ${strangers.join(", ")}`,
          hint: `gt rig add ${strangers[0]} --adopt`,
        };
  },
};

/** What keeps git from working in a shared repository: it is none, or commits that its refs name cannot be read. */
async function damageOf(repository: string): Promise<string | undefined> {
  // Named, so that git does not take the repository of a directory above for it.
  const ask = (...args: readonly string[]) => askGit(repository, [`--git-dir=${repository}`, ...args]);
  if ((await ask("rev-parse", "--git-dir")).exitCode !== 0) return `${repository} is not a git repository`;
  const refs = await ask("for-each-ref", "--format=%(objecttype)");
  if (refs.exitCode === 0) return undefined;
  return `${repository} is damaged: ${refs.stderr.trim().split("\n")[0]}`;
}

/** In the shared repository and the crew's clones. */
async function brokenSnapshots(
  rig: Rig,
): Promise<readonly { readonly repository: string; readonly refs: readonly string[] }[]> {
  const clones = directories(rig.crew).map((name) => join(rig.crew, name));
  const found = [];
  for (const repository of [rig.repository, ...clones.filter((path) => existsSync(join(path, ".git")))]) {
    if (!existsSync(repository)) continue;
    // A damaged repository is the matter of another check.
    const refs = await brokenRefs(repository, "refs/gt/").catch(() => []);
    if (refs.length > 0) found.push({ repository, refs });
  }
  return found;
}

async function brokenWorktrees(rig: Rig): Promise<readonly string[]> {
  if (!existsSync(rig.repository)) return [];
  const broken: string[] = [];
  for (const path of expectedWorktrees(rig)) if (!(await isValidWorktree(path))) broken.push(path);
  const listed = await listWorktrees(rig.repository);
  return [...new Set([...broken, ...listed.filter((each) => each.isPrunable).map((each) => each.path)])];
}

function expectedWorktrees(rig: Rig): readonly string[] {
  const homes = directories(rig.polecats).map((name) => join(rig.polecats, name, rig.name));
  return [rig.reference, rig.refinery, ...homes.filter((home) => existsSync(home))];
}

function directories(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path).filter(
    (name) => !name.startsWith(".") && statSync(join(path, name)).isDirectory(),
  );
}
