import { existsSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { systemClock } from "../../../core/clock.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import type { BeadId } from "../../../core/ledger/bead.ts";
import { foreignBeads, foreignError } from "../../../core/ledger/foreign-beads.ts";
import type { WriteResult } from "../../../core/ledger/ledger.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import { settingsIfSet } from "../../../core/ledger/settings-if-set.ts";
import type { SqliteLedger } from "../../../core/ledger/store/sqlite-ledger.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { Town } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";
import { exportOverdue } from "./automatic-export.ts";
import { type BeadsPlace, findBeads } from "./find-beads.ts";
import { gitConfig } from "./git-config.ts";

/** The ledger that a `bd` command works on, where it stands in it, and who acts (spec/01 §8). */
export interface Workspace {
  readonly ledger: SqliteLedger;
  readonly place: BeadsPlace;
  /** Directory of the tool's own files: configuration, last touched beads, hooks. */
  readonly beadsDir: string;
  /** Absent in a standalone repository. */
  readonly town?: Town;
  /** Scope of new beads that say nothing else. */
  readonly scope: string;
  /** Scope to which listings are limited; undefined means all. */
  readonly readScope: string | undefined;
  readonly actor: string;
  readonly now: number;
  /** How many characters of a title feedback lines show (`output.title-length`). */
  readonly titleLength: number;
  /** The bead meant by a full or partial id (spec/01 §3.5). */
  resolve(input: string): Promise<BeadId>;
  /** One atomic batch. Refused with `--readonly`. */
  write(operations: readonly Operation[]): Promise<WriteResult>;
}

/** The error of a directory without a ledger. */
export function noBeadsError(): GtError {
  return new GtError("E_NO_DATABASE", "no beads database found", { hint: "run 'bd init', or set BEADS_DIR" });
}

/** Opens the ledger meant by flags, environment and directory; it is closed after the command. */
export async function openWorkspace(context: CommandContext): Promise<Workspace> {
  const { flags, cwd, env } = context;
  const place = findBeads({
    cwd,
    env,
    db: flags.string("db"),
    town: flags.string("town"),
    warn: (text) => context.out.warn(text),
  });
  if (place === undefined) throw noBeadsError();
  const workspace = place.kind === "town" ? await inTown(context, place) : await standalone(context, place);
  const { newerVersion, readonly } = workspace.ledger.database;
  if (newerVersion !== undefined && readonly)
    context.out.warn(`database schema v${newerVersion} is newer than this bd; it can only be read`);
  context.onEnd(async () => {
    await exportOverdue(context, workspace);
    await workspace.ledger.close();
  });
  return workspace;
}

async function inTown(
  context: CommandContext,
  place: BeadsPlace & { readonly kind: "town" },
): Promise<Workspace> {
  const [{ openTown }, { openTownLedger }] = await Promise.all([
    import("../../../core/town/open-town.ts"),
    import("../../../core/ledger/town-ledger.ts"),
  ]);
  const town = openTown(place.root, { env: context.env });
  const here = rigOfDirectory(town, context.cwd);
  const wish = wishedScope(context, town);
  const scope = (wish === "all" ? undefined : wish) ?? rigOfEnvironment(context.env, town) ?? here ?? "town";
  const ledger = await openTownLedger(town, { scope, env: context.env, ...schemaSkew(context) });
  return {
    ...common(context, ledger, scope),
    titleLength: await titleLengthOf(town.paths.beads, context.env),
    place,
    town,
    beadsDir: town.paths.beads,
    scope,
    readScope: wish === "all" ? undefined : (wish ?? here),
    actor: await townActor(context, town),
  };
}

async function standalone(
  context: CommandContext,
  place: Exclude<BeadsPlace, { readonly kind: "town" }>,
): Promise<Workspace> {
  const [{ openLedger }, { storageOptions }] = await Promise.all([
    import("../../../core/ledger/open-ledger.ts"),
    import("../../../core/ledger/storage-settings.ts"),
  ]);
  const path = place.kind === "file" ? place.path : join(place.beadsDir, "beads.db");
  const beadsDir = place.kind === "file" ? resolve(place.path, "..") : place.beadsDir;
  const foreign = foreignBeads(beadsDir);
  if (foreign !== undefined) throw foreignError(foreign);
  const hooks = await hooksOf(beadsDir, context.env);
  const ledger = await openLedger({
    path,
    ...(await storageOptions(beadsDir, context.env)),
    ...(hooks === "trusted" ? { hooks: join(beadsDir, "hooks") } : {}),
    ...schemaSkew(context),
  });
  const shared = common(context, ledger, undefined);
  return {
    ...shared,
    async write(this: Workspace, operations: readonly Operation[]) {
      const result = await shared.write.call(this, operations);
      if (hooks === "untrusted" && result.changed)
        context.out.warn(
          "the hooks in .beads/hooks are not called: put 'hooks.trust: true' into .beads/config.local.yaml",
        );
      return result;
    },
    titleLength: await titleLengthOf(beadsDir, context.env),
    place,
    beadsDir,
    scope: "local",
    readScope: undefined,
    actor: standaloneActor(context),
  };
}

const hookNames = ["on_create", "on_update", "on_close"] as const;

/**
 * A repository may bring hooks along, and whoever clones it has not read them. They are called only when a setting says
 * so that did not come with the clone.
 */
async function hooksOf(beadsDir: string, env: NodeJS.ProcessEnv): Promise<"none" | "trusted" | "untrusted"> {
  if (!hookNames.some((name) => existsSync(join(beadsDir, "hooks", name)))) return "none";
  const { Settings } = await import("../../../core/ledger/settings.ts");
  const settings = (await Settings.read({ beadsDir }, env)).withoutProject();
  return settings.isOn("hooks.trust") ? "trusted" : "untrusted";
}

async function titleLengthOf(beadsDir: string, env: NodeJS.ProcessEnv): Promise<number> {
  const settings = await settingsIfSet(beadsDir, env, ["output.title-length"]);
  const length = Number(settings?.text("output.title-length"));
  return Number.isInteger(length) && length >= 0 ? length : 255;
}

function schemaSkew({ flags }: CommandContext): { readonly ignoreSchemaSkew?: true } {
  return flags.boolean("ignore-schema-skew") ? { ignoreSchemaSkew: true } : {};
}

function common(context: CommandContext, ledger: SqliteLedger, scope: string | undefined) {
  const isReadonly = context.flags.boolean("readonly");
  return {
    ledger,
    now: systemClock.now(),
    resolve: (input: string) => ledger.resolve(input, scope === undefined ? {} : { scope }),
    async write(this: Workspace, operations: readonly Operation[]) {
      if (isReadonly) {
        throw new GtError(
          "E_REFUSED",
          `operation '${context.words.join(" ")}' is not allowed in read-only mode`,
        );
      }
      return ledger.write(this.actor, operations);
    },
  };
}

/** `--rig`, then `--scope`; `E_USAGE` when it names no rig. */
function wishedScope({ flags }: CommandContext, town: Town): string | undefined {
  const wish = flags.string("rig") || flags.string("scope");
  if (wish === undefined || wish === "" || wish === "all" || wish === "town") return wish || undefined;
  return rigNamed(wish, town);
}

/** A rig by its name. */
export function rigNamed(name: string, town: Town): string {
  if (town.findRig(name) !== undefined) return name;
  throw usageError(`unknown rig "${sanitiseLine(name)}"`, {
    why: [
      `registered rigs: ${
        town
          .rigs()
          .map((rig) => rig.name)
          .join(", ") || "none"
      }`,
    ],
    hint: "gt rig list",
  });
}

function rigOfEnvironment(env: NodeJS.ProcessEnv, town: Town): string | undefined {
  return env["GT_RIG"] ? town.findRig(env["GT_RIG"])?.name : undefined;
}

function rigOfDirectory(town: Town, cwd: string): string | undefined {
  const first = relative(town.root, cwd).split(sep)[0] ?? "";
  return first === "" || first === ".." ? undefined : town.findRig(first)?.name;
}

async function townActor({ flags, env, cwd }: CommandContext, town: Town): Promise<string> {
  const wish = flags.string("actor") || flags.string("as") || env["BEADS_ACTOR"] || env["BD_ACTOR"];
  if (wish) {
    const { formatAddress, parseAddress } = await import("../../../core/town/address.ts");
    const address = parseAddress(wish);
    return address === undefined ? wish : formatAddress(address);
  }
  const { resolveActor } = await import("../../../core/town/actor.ts");
  return resolveActor({ env, cwd, town });
}

function standaloneActor({ flags, env, cwd }: CommandContext): string {
  const wish = flags.string("actor") || env["BEADS_ACTOR"] || env["BD_ACTOR"];
  return wish || gitConfig(cwd, "user.name", env) || env["USER"] || "unknown";
}
