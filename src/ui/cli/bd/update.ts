import { GtError, usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { BeadFields, Expectation, Operation } from "../../../core/ledger/operation.ts";
import type { CommandContext, FlagValues } from "../command.ts";
import { beadEvent } from "./bead-event.ts";
import { beadJson } from "./bead-json.ts";
import { nameBead } from "./bead-text.ts";
import { checkMetadataKey, contentFields, invalid, parseAssignment } from "./content.ts";
import { eachBead, reread } from "./each-bead.ts";
import { idsOrTouched, rememberTouched } from "./last-touched.ts";
import { withStructuredText } from "./structured-text.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** `bd update`: each id is one transaction (spec/01 §10.4). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const inputs = idsOrTouched(workspace, [...context.args, ...context.rest]);
  const fields = await updatedFields(context, workspace);
  const conditions = expectation(flags);
  const parent = flags.string("parent");
  const parentId = parent ? await workspace.resolve(parent) : null;
  const changed = await eachBead(context, workspace, inputs, async (bead) => {
    const operations = [
      ...(conditions === undefined ? [] : [{ op: "expect", id: bead.id, expected: conditions } as const]),
      ...updateOperations(flags, bead, fields),
      ...(parent === undefined ? [] : [{ op: "setParent", id: bead.id, parent: parentId } as const]),
      ...(flags.boolean("claim") ? [{ op: "claim", id: bead.id } as const] : []),
    ];
    const isOnlyCondition = operations.every((operation) => operation.op === "expect");
    if (isOnlyCondition) return bead;
    if (flags.boolean("claim") && bead.isBlocked) out.warn(`${bead.id} is blocked by open issues`);
    const told = eventOf(bead, fields, flags.boolean("claim"));
    await claiming(bead, flags.boolean("claim"), () => workspace.write([...operations, ...told]));
    rememberTouched(workspace, bead.id);
    return reread(workspace, bead.id);
  });
  if (!isAnythingAsked(flags, fields)) {
    out.line("No updates specified");
    out.document(changed.map((bead) => beadJson(bead)));
    return;
  }
  out.document(changed.map((bead) => beadJson(bead)));
  for (const bead of changed) out.done(`Updated issue: ${nameBead(bead, workspace)}`);
}

function isAnythingAsked(flags: FlagValues, fields: BeadFields): boolean {
  const others = ["claim", "parent", "add-label", "remove-label", "set-labels", "append-notes", "persistent"];
  return (
    Object.keys(fields).length > 0 ||
    [...others, "set-metadata", "unset-metadata"].some((name) => flags.has(name))
  );
}

/** A claim that fails says whom: `Error claiming <id>: ...` (spec/01 §10.4). */
async function claiming(bead: Bead, isClaim: boolean, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isClaim || !(error instanceof GtError) || error.code !== "E_CLAIMED") throw error;
    throw new GtError(error.code, `Error claiming ${bead.id}: ${error.message}`, {
      exitCode: error.exitCode,
      hint: `bd show ${bead.id}`,
      ...(error.details === undefined ? {} : { details: error.details }),
      cause: error,
    });
  }
}

async function updatedFields(context: CommandContext, workspace: Workspace): Promise<BeadFields> {
  const { flags } = context;
  const fields = await contentFields(context, workspace.now);
  const isEmptied = fields.description?.trim() === "";
  const fromFile = flags.has("body-file") || flags.boolean("stdin") || flags.string("description") === "-";
  if (isEmptied && fromFile && !flags.boolean("allow-empty-description")) {
    throw usageError("the new description is empty", {
      hint: "add --allow-empty-description if that is meant",
    });
  }
  if (flags.has("assignee") && flags.boolean("unassign")) {
    throw usageError("--assignee and --unassign cannot be used together");
  }
  if (flags.boolean("ephemeral") && flags.boolean("persistent")) {
    throw usageError("--ephemeral and --persistent cannot be used together");
  }
  return {
    ...fields,
    ...(flags.has("status") ? { status: (flags.string("status") ?? "").trim().toLowerCase() } : {}),
    ...(flags.boolean("unassign") ? { assignee: "" } : {}),
    ...(flags.has("pinned") ? { pinned: flags.boolean("pinned") } : {}),
    ...(flags.boolean("history") ? { noHistory: false } : {}),
    ...(flags.has("session") ? { closedBySession: flags.string("session") ?? "" } : {}),
    ...metadataPatch(flags, fields),
  };
}

function metadataPatch(flags: FlagValues, fields: BeadFields): Pick<BeadFields, "metadata"> {
  const patch: Record<string, unknown> = { ...fields.metadata };
  for (const part of flags.strings("set-metadata")) {
    const [key, value] = parseAssignment(part);
    checkMetadataKey(key);
    patch[key] = value;
  }
  for (const key of flags.strings("unset-metadata")) patch[key] = null;
  return Object.keys(patch).length === 0 && fields.metadata === undefined ? {} : { metadata: patch };
}

function updateOperations(flags: FlagValues, bead: Bead, fields: BeadFields): readonly Operation[] {
  const operations: Operation[] = [];
  const notes = flags.string("append-notes");
  const base = fields.notes ?? bead.notes;
  const own: BeadFields = {
    ...withStructuredText(fields, { type: fields.type ?? bead.type, labels: bead.labels }),
    ...(notes === undefined ? {} : { notes: base === "" ? notes : `${base}\n${notes}` }),
    ...(flags.has("set-labels") ? { labels: flags.strings("set-labels") } : {}),
  };
  if (Object.keys(own).length > 0) operations.push({ op: "update", id: bead.id, fields: own });
  for (const label of flags.strings("add-label")) operations.push({ op: "addLabel", id: bead.id, label });
  for (const label of flags.strings("remove-label"))
    operations.push({ op: "removeLabel", id: bead.id, label });
  if (flags.boolean("persistent")) operations.push({ op: "promote", id: bead.id });
  return operations;
}

function expectation(flags: FlagValues): Expectation | undefined {
  const rev = flags.integer("if-rev");
  const status = flags.strings("if-status");
  if (rev === undefined && status.length === 0) return undefined;
  if (rev !== undefined && rev < 0) throw invalid("--if-rev cannot be negative");
  return { ...(rev === undefined ? {} : { rev }), ...(status.length === 0 ? {} : { status }) };
}

function eventOf(bead: Bead, fields: BeadFields, isClaim: boolean): readonly Operation[] {
  const status = isClaim ? "in_progress" : fields.status;
  if (status === "closed") return beadEvent(bead, "complete", { bead: bead.id, title: bead.title });
  if (bead.status === "closed" && status !== undefined) return beadEvent(bead, "reopen", { bead: bead.id });
  const names = Object.keys(fields);
  return beadEvent(bead, "update", {
    bead: bead.id,
    ...(status === undefined || status === bead.status ? {} : { status, from: bead.status }),
    fields: names.length === 0 ? ["labels"] : names,
  });
}
