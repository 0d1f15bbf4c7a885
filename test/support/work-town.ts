import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { stopDaemon } from "../../src/agents/daemon/daemon-control.ts";
import { connectHost } from "../../src/agents/sessions/client.ts";
import type { SessionHost } from "../../src/agents/sessions/session-host.ts";
import type { TownAccess } from "../../src/agents/town-access.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { cloneShared } from "../../src/core/git/repository.ts";
import { addWorktree } from "../../src/core/git/worktree.ts";
import type { Bead } from "../../src/core/ledger/bead.ts";
import type { Ledger } from "../../src/core/ledger/ledger.ts";
import type { NewBead } from "../../src/core/ledger/operation.ts";
import { openTownLedger } from "../../src/core/ledger/town-ledger.ts";
import { systemRandom } from "../../src/core/random.ts";
import { openTown } from "../../src/core/town/open-town.ts";
import type { Rig, Town } from "../../src/core/town/town.ts";
import { keepMade, madePlace, workshop } from "./made-once.ts";
import { type CliResult, runGt } from "./run-cli.ts";
import { nameRigs } from "./name-rigs.ts";
import { git, scratchOrigin } from "./scratch-repository.ts";
import { expectTargetsAlwaysGreen, judgeOrigins } from "./target-history.ts";
import { noteJudged, watchOrigin } from "./watched-origins.ts";

export interface WorkRig {
  readonly name: string;
  readonly prefix: string;
}

/**
 * A town whose rigs are real clones of real bare origins, so that polecats can work in them. Sessions run in a real
 * host. `shell` is the default agent.
 */
export class WorkTown {
  readonly root: string;
  readonly town: Town;
  readonly #ledgers: Ledger[] = [];
  readonly #hosts: SessionHost[] = [];

  private constructor(
    rigs: readonly WorkRig[],
    root = realpathSync(mkdtempSync(join(tmpdir(), "gt-work-"))),
  ) {
    this.root = root;
    const createdAt = "2026-01-01T00:00:00Z";
    this.write("mayor/town.json", { type: "town", version: 2, name: "test", created_at: createdAt });
    this.write("mayor/overseer.json", {
      type: "overseer",
      version: 1,
      name: "Ada",
      email: "ada@example.com",
    });
    this.write("settings/config.json", { default_agent: "shell" });
    // Nobody watches: an agent's `gt done` would start a daemon, which would do the test's work for it.
    this.write("daemon/desired.json", { state: "down", since: createdAt, by: "test" });
    this.write("mayor/rigs.json", {
      version: 1,
      rigs: Object.fromEntries(
        rigs.map((rig) => [
          rig.name,
          {
            git_url: this.origin(rig.name),
            added_at: createdAt,
            beads: { repo: "local", prefix: rig.prefix },
          },
        ]),
      ),
    });
    for (const rig of rigs)
      this.write(`${rig.name}/config.json`, {
        type: "rig",
        version: 1,
        name: rig.name,
        git_url: this.origin(rig.name),
        default_branch: "main",
        beads: { prefix: rig.prefix },
      });
    this.town = openTown(this.root, { env: {} });
  }

  static async create(rigs: readonly WorkRig[] = [{ name: "web", prefix: "web" }]): Promise<WorkTown> {
    const town = new WorkTown(rigs);
    await town.#copyRepositories(rigs);
    for (const { name } of rigs) {
      const rig = town.rig(name);
      watchOrigin(town.origin(name));
      for (const directory of [rig.polecats, rig.crew, rig.runtime])
        mkdirSync(directory, { recursive: true });
    }
    await nameRigs(town.town);
    return town;
  }

  /** Clones and worktrees as git makes them, made once in a run and copied: each of git's processes takes its time. */
  async #copyRepositories(rigs: readonly WorkRig[]): Promise<void> {
    const place = madePlace(`work-${rigs.map(({ name, prefix }) => `${name}-${prefix}`).join("-")}`);
    if (!existsSync(place)) {
      const shop = workshop();
      const first = new WorkTown(rigs, join(shop, "town"));
      for (const { name } of rigs) await first.#makeRepositories(name);
      writeFileSync(join(first.root, "made-at"), first.root);
      keepMade(first.root, place, shop);
    }
    const madeAt = readFileSync(join(place, "made-at"), "utf8");
    for (const { name } of rigs) {
      const rig = this.rig(name);
      for (const directory of [this.origin(name), rig.repository, rig.reference, rig.refinery])
        cpSync(join(place, relative(this.root, directory)), directory, {
          recursive: true,
          preserveTimestamps: true,
        });
      const worktrees = join(rig.repository, "worktrees");
      for (const file of [
        join(rig.repository, "config"),
        join(rig.repository, "FETCH_HEAD"),
        ...readdirSync(worktrees).map((worktree) => join(worktrees, worktree, "gitdir")),
        join(rig.reference, ".git"),
        join(rig.refinery, ".git"),
      ])
        writeFileSync(file, readFileSync(file, "utf8").replaceAll(madeAt, this.root));
    }
  }

  async #makeRepositories(name: string): Promise<void> {
    const rig = this.rig(name);
    scratchOrigin(this.origin(name), { "README.md": `# ${name}\n`, ".gitignore": "node_modules/\n" });
    noteJudged(this.origin(name));
    await cloneShared({
      url: this.origin(name),
      into: rig.repository,
      branch: "main",
      timeoutMs: 60_000,
    });
    await addWorktree(rig.repository, rig.reference, { start: "origin/main" });
    await addWorktree(rig.repository, rig.refinery, { start: "origin/main" });
  }

  /** Bare repository that plays the server. */
  origin(rig: string): string {
    return join(this.root, ".origins", `${rig}.git`);
  }

  rig(name = "web"): Rig {
    return this.town.rig(name);
  }

  /** Writes a JSON file, or text as it is. */
  write(path: string, content: object | string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`);
  }

  /** Access of its own, with its own connection to the ledger, as every process has one. */
  async access(actor = "overseer", clock: Clock = systemClock): Promise<TownAccess> {
    const ledger = await openTownLedger(this.town, { clock });
    this.#ledgers.push(ledger);
    return {
      town: this.town,
      ledger,
      clock,
      random: systemRandom,
      actor,
      host: async (options = {}) => {
        const host = await connectHost(this.town, options);
        this.#hosts.push(host);
        return host;
      },
    };
  }

  /** Creates a bead of the rig whose script does the given shell lines. */
  async bead(
    access: TownAccess,
    title: string,
    script = "sleep 1000",
    fields: Partial<NewBead> = {},
  ): Promise<Bead> {
    const { created } = await access.ledger.write("overseer", [
      {
        op: "create",
        bead: { title, scope: "web", description: `\`\`\`bash\n${script}\n\`\`\`\n`, ...fields },
      },
    ]);
    const bead = await access.ledger.get(created[0] ?? "");
    if (bead === undefined) throw new Error("the bead was not created");
    return bead;
  }

  /** Runs `gt` in this town, with a host and without a daemon, which would do things by itself. */
  async gt(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    { cwd = this.root }: { readonly cwd?: string } = {},
  ): Promise<CliResult> {
    this.#hosts.push(await connectHost(this.town));
    return runGt(args, { cwd, env: { GT_NO_DAEMON: "1", ...env }, timeoutMs: 120_000 });
  }

  git(rig: string, ...args: readonly string[]): string {
    return git(this.rig(rig).repository, ...args);
  }

  /** From now on the town is wanted up, so that commands start its daemon. */
  wantUp(): void {
    rmSync(join(this.root, "daemon/desired.json"));
  }

  async dispose(): Promise<void> {
    await stopDaemon(this.town);
    for (const host of this.#hosts) host.disconnect();
    const last = await connectHost(this.town, { start: false }).catch(() => undefined);
    await last?.shutdown({ force: true });
    last?.disconnect();
    for (const ledger of this.#ledgers) await ledger.close();
    try {
      expectTargetsAlwaysGreen(this.town, (rig) => this.origin(rig));
      judgeOrigins(this.root);
    } finally {
      this.#remove();
    }
  }

  #remove(): void {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}
