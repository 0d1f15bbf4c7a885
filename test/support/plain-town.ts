import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { connectHost } from "../../src/agents/sessions/client.ts";
import type { SessionHost } from "../../src/agents/sessions/session-host.ts";
import type { TownAccess } from "../../src/agents/town-access.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { Ledger } from "../../src/core/ledger/ledger.ts";
import { openTownLedger } from "../../src/core/ledger/town-ledger.ts";
import { systemRandom } from "../../src/core/random.ts";
import { openTown } from "../../src/core/town/open-town.ts";
import type { Town } from "../../src/core/town/town.ts";
import { nameRigs } from "./name-rigs.ts";

/**
 * A town with one rig `greenplace` (prefix `gp`) that has directories but no repository: enough for everything that
 * is about sessions and not about code.
 */
export class PlainTown {
  readonly root = mkdtempSync(join(tmpdir(), "gt-town-"));
  readonly town: Town;
  #ledger: Promise<Ledger> | undefined;
  readonly #hosts: SessionHost[] = [];

  constructor() {
    this.write("mayor/town.json", {
      type: "town",
      version: 1,
      name: "test",
      created_at: "2026-01-01T00:00:00Z",
    });
    this.write("mayor/overseer.json", {
      type: "overseer",
      version: 1,
      name: "Ada",
      email: "ada@example.com",
    });
    this.write("mayor/rigs.json", {
      version: 1,
      rigs: {
        greenplace: {
          git_url: "/nowhere",
          added_at: "2026-01-01T00:00:00Z",
          beads: { prefix: "gp" },
        },
      },
    });
    this.write("greenplace/config.json", {
      type: "rig",
      version: 1,
      name: "greenplace",
      git_url: "/nowhere",
      default_branch: "main",
      beads: { prefix: "gp" },
    });
    this.town = openTown(this.root, { env: {} });
  }

  /** Writes a JSON file, or text as it is. */
  write(path: string, content: object | string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`);
  }

  async access(actor = "overseer"): Promise<TownAccess> {
    this.#ledger ??= nameRigs(this.town).then(() => openTownLedger(this.town));
    const host = (options: { readonly start?: boolean } = {}): Promise<SessionHost> => this.connect(options);
    return {
      town: this.town,
      ledger: await this.#ledger,
      clock: systemClock,
      random: systemRandom,
      actor,
      host,
    };
  }

  async connect(options: { readonly start?: boolean } = {}): Promise<SessionHost> {
    const host = await connectHost(this.town, options);
    this.#hosts.push(host);
    return host;
  }

  /** The polecat's directory and its row in the ledger. */
  async polecat(name: string): Promise<string> {
    const address = `greenplace/polecats/${name}`;
    mkdirSync(join(this.root, "greenplace", "polecats", name, "greenplace"), { recursive: true });
    const { ledger } = await this.access();
    await ledger.write("overseer", [
      {
        op: "ensureAgent",
        agent: { id: `gp-greenplace-polecat-${name}`, address, role: "polecat", rig: "greenplace", name },
      },
    ]);
    return address;
  }

  async dispose(): Promise<void> {
    for (const host of this.#hosts) host.disconnect();
    const last = await connectHost(this.town, { start: false }).catch(() => undefined);
    await last?.shutdown({ force: true });
    last?.disconnect();
    await (await this.#ledger)?.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}
