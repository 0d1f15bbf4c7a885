import { join, resolve } from "node:path";
import { GtError, usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { namedBead } from "../../../core/ledger/named-bead.ts";
import type { NewBead, Operation } from "../../../core/ledger/operation.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { outermostTown } from "../../../core/town/find-town.ts";
import type { CommandContext } from "../command.ts";
import { beadEvent } from "./bead-event.ts";
import { beadJson } from "./bead-json.ts";
import { nameBead } from "./bead-text.ts";
import { contentFields, invalid } from "./content.ts";
import { checkNewBeads } from "./create-rules.ts";
import { parseDependencies } from "./dependency-list.ts";
import { holdsBeads } from "./find-beads.ts";
import { gitConfig } from "./git-config.ts";
import { rememberTouched } from "./last-touched.ts";
import { withStructuredText } from "./structured-text.ts";
import { openWorkspace, rigNamed, type Workspace } from "./workspace.ts";

/** `bd create`: the bead, its edges and its labels in one batch (spec/01 §10.2). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  if (flags.has("file") || flags.has("graph")) {
    const { createMany } = await import("./create-many.ts");
    return createMany(context);
  }
  const workspace = await openWorkspace(targetOf(context));
  const given = await newBead(context, workspace);
  const bead = withStructuredText(given, { type: given.type ?? "task", labels: given.labels ?? [] });
  await warnAbout(context, workspace, bead);
  const operations = await createOperations(context, workspace, bead);
  await checkNewBeads(context, workspace, operations);
  if (flags.boolean("dry-run")) {
    out.document({
      dry_run: true,
      title: bead.title,
      issue_type: bead.type ?? "task",
      priority: bead.priority ?? 2,
    });
    out.line(`Would create: ${sanitiseLine(bead.title)} [P${bead.priority ?? 2}, ${bead.type ?? "task"}]`);
    return;
  }
  const { named } = await workspace.write(operations);
  const created = await workspace.ledger.get(named["bead"] ?? "");
  if (created === undefined) throw new GtError("E_INTERNAL", "the created bead is not there");
  rememberTouched(workspace, created.id);
  report(context, workspace, created);
}

/** With `--repo` the bead goes to another standalone repository; files and the owner are still those of the caller. */
function targetOf(context: CommandContext): CommandContext {
  const { flags, cwd, env } = context;
  const repository = flags.string("repo");
  if (repository === undefined) return context;
  const [other] = ["db", "rig", "scope", "prefix", "town"].filter((name) => flags.has(name));
  if (other !== undefined) throw usageError(`--repo and --${other} cannot be used together`);
  const directory = resolve(cwd, repository);
  if (outermostTown(directory) !== undefined) {
    throw usageError(`--repo: ${sanitiseLine(repository)} belongs to a town`, {
      hint: "bd create --rig <rig> from inside the town",
    });
  }
  if (!holdsBeads(join(directory, ".beads"))) {
    throw new GtError("E_NO_DATABASE", `no beads database found in ${sanitiseLine(repository)}`, {
      hint: `bd -C ${sanitiseLine(repository)} init`,
    });
  }
  return {
    ...context,
    cwd: directory,
    env: { ...env, BEADS_DIR: join(directory, ".beads"), BEADS_DB: "", BD_DB: "" },
  };
}

function report({ flags, out }: CommandContext, workspace: Workspace, bead: Bead): void {
  out.document(beadJson(bead));
  if (flags.boolean("silent") || flags.boolean("quiet")) {
    out.line(bead.id);
    return;
  }
  out.done(`Created issue: ${nameBead(bead, workspace)}`);
  out.line(`  Priority: P${bead.priority}`);
  out.line(`  Status: ${sanitiseLine(bead.status)}`);
}

async function newBead(context: CommandContext, workspace: Workspace): Promise<NewBead> {
  const { flags } = context;
  const fields = await contentFields(context, workspace.now);
  const title = titleOf(context);
  const isEvent = fields.type === "event";
  if (
    !isEvent &&
    ["event-category", "event-actor", "event-target", "event-payload"].some((name) => flags.has(name))
  ) {
    throw usageError("--event-category, --event-actor, --event-target and --event-payload need -t event");
  }
  const sections = [
    fields.description ?? "",
    flags.has("context") ? `## Context\n${flags.string("context")}` : "",
    flags.has("skills") ? `## Required Skills\n${flags.string("skills")}` : "",
  ].filter((part) => part !== "");
  const notes = [fields.notes, flags.string("append-notes")].filter((part) => part).join("\n");
  const parent = flags.string("parent");
  const id = flags.string("id");
  if (id !== undefined && parent !== undefined) throw usageError("--id and --parent cannot be used together");
  return {
    ...fields,
    title,
    owner: ownerOf(context),
    ...(sections.length === 0 ? {} : { description: sections.join("\n\n") }),
    ...(notes === "" ? {} : { notes }),
    ...(flags.strings("labels").length === 0 ? {} : { labels: flags.strings("labels") }),
    ...(id === undefined ? {} : { id }),
    ...(flags.boolean("force") ? { allowForeignPrefix: true } : {}),
    ...(parent === undefined
      ? {}
      : { parent: await workspace.resolve(parent), inheritLabels: !flags.boolean("no-inherit-labels") }),
    ...(await placeOf(context, workspace)),
    ...(isEvent ? eventFields(context) : {}),
    ...(flags.has("status") ? { status: flags.string("status") ?? "open" } : {}),
  };
}

function titleOf({ args, rest, flags }: CommandContext): string {
  const words = [...args, ...rest];
  if (words.length > 1) {
    throw usageError(`unexpected argument "${sanitiseLine(words[1] ?? "")}"`, {
      hint: "put the title in quotes",
    });
  }
  const [positional] = words;
  const flag = flags.string("title");
  if (positional !== undefined && flag !== undefined && positional !== flag) {
    throw usageError("the title is given twice, and differently");
  }
  const title = flag ?? positional ?? "";
  if (title.trim() === "") throw invalid("title is required");
  if (flag === undefined && title.startsWith("-") && !title.includes(" ")) {
    throw invalid(
      `title "${sanitiseLine(title)}" looks like a flag; pass it as --title="${sanitiseLine(title)}" if intended`,
    );
  }
  return title;
}

/** `--rig`, `--prefix` (a prefix or a rig's name), then the scope of a `discovered-from` target (spec/01 §8.2). */
async function placeOf(
  { flags }: CommandContext,
  workspace: Workspace,
): Promise<{ readonly scope?: string; readonly prefix?: string }> {
  const prefix = flags.string("prefix");
  if (prefix !== undefined) {
    const bare = prefix.replace(/-$/, "");
    const entries = await workspace.ledger.prefixes();
    const entry = entries.find((one) => one.prefix === bare) ?? entries.find((one) => one.scope === bare);
    if (entry !== undefined) return { prefix: entry.prefix, scope: entry.scope };
    throw usageError(`unknown prefix "${sanitiseLine(prefix)}"`, {
      why: [`known prefixes: ${entries.map((one) => one.prefix).join(", ")}`],
    });
  }
  const rig = flags.string("rig") || flags.string("scope");
  if (rig !== undefined && rig !== "all" && workspace.town !== undefined) {
    return { scope: rig === "town" ? "town" : rigNamed(rig, workspace.town) };
  }
  if (flags.has("parent") || flags.has("id")) return {};
  const origin = parseDependencies(flags.strings("deps")).find((one) => one.type === "discovered-from");
  if (origin === undefined) return {};
  const found = await workspace.ledger.get(await workspace.resolve(origin.id));
  return found === undefined ? {} : { scope: found.scope };
}

function eventFields({ flags }: CommandContext): Partial<NewBead> {
  const text = (name: string) => flags.string(name) ?? "";
  const payload = text("event-payload");
  if (payload !== "") {
    try {
      JSON.parse(payload);
    } catch {
      throw invalid("--event-payload is not valid JSON");
    }
  }
  return {
    eventKind: text("event-category"),
    actor: text("event-actor"),
    target: text("event-target"),
    payload,
    closeReason: flags.has("status") ? "" : "event",
  };
}

function ownerOf({ env, cwd }: CommandContext): string {
  return env["GIT_AUTHOR_EMAIL"] || gitConfig(cwd, "user.email", env) || "";
}

async function createOperations(
  context: CommandContext,
  workspace: Workspace,
  bead: NewBead,
): Promise<readonly Operation[]> {
  const { flags } = context;
  const operations: Operation[] = [{ op: "create", as: "bead", bead }];
  for (const { type, id, isReversed } of parseDependencies(flags.strings("deps"))) {
    const other = id.startsWith("external:") ? id : await workspace.resolve(id);
    const edge = isReversed ? { from: other, to: "$bead", type } : { from: "$bead", to: other, type };
    operations.push({ op: "addDependency", edge });
  }
  const spawner = flags.string("waits-for");
  if (spawner !== undefined) {
    const metadata = JSON.stringify({ gate: flags.string("waits-for-gate") ?? "all-children" });
    const edge = { from: "$bead", to: await workspace.resolve(spawner), type: "waits-for", metadata };
    operations.push({ op: "addDependency", edge });
  }
  const payload = {
    bead: namedBead("bead"),
    title: bead.title.trim(),
    issue_type: bead.type ?? "task",
    priority: bead.priority ?? 2,
  };
  const subject = { type: bead.type ?? "task", ephemeral: bead.ephemeral ?? false };
  operations.push(...beadEvent(subject, "create", payload));
  return operations;
}

/** What is allowed but probably not meant. */
async function warnAbout({ out }: CommandContext, workspace: Workspace, bead: NewBead): Promise<void> {
  if (typeof bead.deferUntil === "number" && bead.deferUntil <= workspace.now) {
    out.warn("--defer is in the past: the bead is not deferred");
  }
  const looksLikeTest = /^(?:test|tmp|temp|debug|sample|dummy|benchmark)[-_ ]/i.test(bead.title);
  if (looksLikeTest && (await workspace.ledger.count({})) >= 5) {
    out.warn(`"${sanitiseLine(bead.title)}" looks like test data in a ledger that is in use`);
  }
}
