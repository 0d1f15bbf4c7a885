import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { runQueue, type RunQueueOptions } from "../../../src/agents/refinery/refinery.ts";
import type { QueueReport } from "../../../src/agents/refinery/queue-report.ts";
import type { TownEvent } from "../../../src/core/events/event.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { cloneShared } from "../../../src/core/git/repository.ts";
import type { Bead } from "../../../src/core/ledger/bead.ts";
import type { Ledger } from "../../../src/core/ledger/ledger.ts";
import { openTownLedger } from "../../../src/core/ledger/town-ledger.ts";
import { type MergeRequest, mergeRequest } from "../../../src/core/merge/merge-request.ts";
import { type SubmissionRequest, submission } from "../../../src/core/merge/submit.ts";
import { systemRandom } from "../../../src/core/random.ts";
import { openTown } from "../../../src/core/town/open-town.ts";
import { rigSettingsFile } from "../../../src/core/town/paths.ts";
import type { Rig, Town } from "../../../src/core/town/town.ts";
import {
  commit,
  type Files,
  git,
  scratchOrigin,
  scratchRepository,
  writeFiles,
} from "../../support/scratch-repository.ts";
import { nameRigs } from "../../support/name-rigs.ts";
import { expectAlwaysGreen, recordTargets } from "../../support/target-history.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

export interface QueueTownOptions {
  readonly files?: Files;
  /** `merge_queue` settings; batches do not wait unless told to. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** `bare` (default), `checkout`: the person's own repository, `none`: no remote at all. */
  readonly origin?: "bare" | "checkout" | "none";
  /** Where the town goes; a fresh temporary directory by default. */
  readonly root?: string;
}

/** The gate of these tests: no file may say `bad`, and each file `pair-*` needs that there is only one of them. */
export const gateScript = `#!/bin/sh
echo "tree $(git rev-parse HEAD^{tree})"
if grep -rqs '^bad' --include='*.txt' .; then echo "found something bad"; exit 1; fi
if [ "$(ls pair-* 2>/dev/null | wc -l)" -gt 1 ]; then echo "two of a pair"; exit 1; fi
echo ok
`;

/** A town with one rig `web` on a real repository, without agents: branches are committed and submitted by hand. */
export class QueueTown {
  readonly root: string;
  readonly town: Town;
  readonly rig: Rig;
  readonly ledger: Ledger;
  readonly access: TownAccess;
  readonly origin: string;
  #branches = 0;
  #laterMs = 0;
  readonly #personsRed = new Set<string>();

  private constructor(root: string, town: Town, ledger: Ledger) {
    this.root = root;
    this.town = town;
    this.rig = town.rig("web");
    this.ledger = ledger;
    this.origin = join(root, "..", "origin");
    this.access = {
      town,
      ledger,
      clock: { now: () => Date.now() + this.#laterMs },
      random: systemRandom,
      actor: "web/refinery",
      host: () => Promise.reject(new Error("these tests need no sessions")),
    };
  }

  static async make(options: QueueTownOptions = {}): Promise<QueueTown> {
    const base = options.root ?? temporaryDirectory();
    const root = join(base, "town");
    const origin = join(base, "origin");
    const isNew = !existsSync(root);
    if (isNew) writeTown(root, origin);
    const town = openTown(root, { env: {} });
    if (isNew) await build(town, origin, options);
    if (isNew) await nameRigs(town);
    const ledger = await openTownLedger(town);
    onTestFinished(() => ledger.close());
    const queueTown = new QueueTown(root, town, ledger);
    if (isNew) {
      queueTown.settings = options.settings ?? {};
      onTestFinished(() => expectAlwaysGreen(queueTown.remote, "sh gate.sh", queueTown.#personsRed));
    }
    return queueTown;
  }

  /** `merge_queue` settings of the rig, on top of those of these tests. */
  set settings(settings: Readonly<Record<string, unknown>>) {
    writeJson(rigSettingsFile(this.root, "web"), {
      type: "rig-settings",
      version: 1,
      merge_queue: {
        test_command: "sh gate.sh",
        gate_timeout: "60s",
        ...settings,
        batch: { batch_wait_time: "0s", ...(settings["batch"] as object | undefined) },
      },
    });
  }

  /** A bead, a branch for it with one commit that writes the files, and its submission to the queue. */
  async submit(
    files: Files,
    options: {
      readonly title?: string;
      readonly priority?: number;
      readonly start?: string;
      readonly branch?: string;
      readonly target?: string;
      readonly issue?: string;
      readonly more?: Partial<SubmissionRequest>;
    } = {},
  ): Promise<{ readonly mr: string; readonly bead: string; readonly branch: string; readonly head: string }> {
    this.#branches++;
    const title = options.title ?? `Change ${Object.keys(files).join(", ")}`;
    const bead =
      options.issue ??
      (
        await this.ledger.write("overseer", [
          { op: "create", bead: { title, scope: "web", priority: options.priority ?? 2 } },
        ])
      ).created[0] ??
      "";
    const branch = options.branch ?? `polecat/nux/${bead}@${this.#branches}`;
    const head = this.commitBranch(branch, title, files, options.start);
    const result = await submission(this.access, {
      rig: this.rig,
      branch,
      commitSha: head,
      target: options.target ?? "main",
      sourceIssue: bead,
      ...options.more,
    });
    await this.ledger.write("web/polecats/nux", result.operations);
    return { mr: result.mr, bead, branch, head };
  }

  /** Commits files on a branch of the shared repository and pushes it, as `gt done` would. */
  commitBranch(branch: string, title: string, files: Files, start?: string): string {
    const hasRemote = git(this.rig.repository, "remote") !== "";
    const from = start ?? (hasRemote ? "origin/main" : "main");
    git(this.rig.reference, "checkout", "--quiet", "--detach", from);
    writeFiles(this.rig.reference, files);
    const head = commit(this.rig.reference, title, files);
    git(this.rig.repository, "update-ref", `refs/heads/${branch}`, head);
    if (hasRemote) git(this.rig.repository, "push", "--quiet", "--force", "origin", `${branch}:${branch}`);
    return head;
  }

  /** Turns the queue's clock forward. */
  later(ms: number): void {
    this.#laterMs += ms;
  }

  run(options: RunQueueOptions = {}): Promise<QueueReport> {
    return runQueue(this.access, this.rig, { patienceMs: 0, ...options });
  }

  async mr(id: string): Promise<MergeRequest> {
    return mergeRequest(await this.bead(id));
  }

  async bead(id: string): Promise<Bead> {
    const bead = await this.ledger.get(id);
    if (bead === undefined) throw new Error(`no bead ${id}`);
    return bead;
  }

  /** The repository that has the target. */
  get remote(): string {
    return existsSync(this.origin) ? this.origin : this.rig.repository;
  }

  head(branch = "main"): string {
    return git(this.remote, "rev-parse", `refs/heads/${branch}`);
  }

  /** Subjects on the target, oldest first, without the first commit. */
  landed(branch = "main"): readonly string[] {
    return git(this.remote, "log", "--reverse", "--format=%s", `refs/heads/${branch}`).split("\n").slice(1);
  }

  show(path: string, branch = "main"): string {
    return git(this.remote, "show", `refs/heads/${branch}:${path}`);
  }

  events(type?: string): readonly TownEvent[] {
    const events = readEvents(this.town.paths.events);
    return type === undefined ? events : events.filter((event) => event.type === type);
  }

  /** Says that a person made the target red: that value is not ours to answer for. */
  blamePerson(value: string = this.head()): void {
    this.#personsRed.add(value);
  }
}

async function build(town: Town, origin: string, options: QueueTownOptions): Promise<void> {
  const rig = town.rig("web");
  const files = { "gate.sh": gateScript, "README.md": "# web\n", ...options.files };
  mkdirSync(join(town.root, ".beads"), { recursive: true });
  mkdirSync(rig.path, { recursive: true });
  if (options.origin === "none") {
    scratchOrigin(rig.repository, files);
  } else {
    if (options.origin === "checkout") recordTargets(scratchRepository(origin, files));
    else scratchOrigin(origin, files);
    await cloneShared({ url: origin, into: rig.repository, branch: "main", timeoutMs: 60_000 });
  }
  git(rig.repository, "worktree", "add", "--quiet", "--detach", rig.refinery, "main");
  git(rig.repository, "worktree", "add", "--quiet", "--detach", rig.reference, "main");
}

function writeTown(root: string, origin: string): void {
  const at = "2026-01-01T00:00:00Z";
  const beads = { prefix: "web" };
  writeJson(join(root, "mayor/town.json"), { type: "town", version: 1, name: "test", created_at: at });
  writeJson(join(root, "mayor/rigs.json"), {
    version: 1,
    rigs: { web: { git_url: origin, added_at: at, beads } },
  });
  writeJson(join(root, "web/config.json"), {
    type: "rig",
    version: 1,
    name: "web",
    git_url: origin,
    default_branch: "main",
    beads,
  });
}

function writeJson(file: string, content: object): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}
