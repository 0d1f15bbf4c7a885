import type { BeadId } from "../bead.ts";
import type { Operation } from "../operation.ts";
import { uuidV7 } from "../uuid.ts";
import { checkText, invalid, templateError } from "../validate-bead.ts";
import { ensureAgent, hookBead, setAgent, unhook } from "./agent-operations.ts";
import type { Batch } from "./batch.ts";
import { claimBead, promoteBead } from "./claim.ts";
import { closeBead } from "./close-bead.ts";
import { setConfig, putValue, registerPrefix } from "./configuration.ts";
import { createBead } from "./create-bead.ts";
import { deleteBead } from "./delete-bead.ts";
import { addEdge, parentOf, removeEdges } from "./edges.ts";
import { expectAgent, expectBead } from "./expectations.ts";
import { addLabel, removeLabel } from "./labels.ts";
import { renameBead, renamePrefix } from "./rename-bead.ts";
import { deleteRow, expectRow, putRow } from "./runtime-rows.ts";
import { storeColumns } from "./store-columns.ts";
import { updateBead } from "./update-bead.ts";

/** Applies one step of a batch inside its transaction. */
export function applyOperation(batch: Batch, operation: Operation): void {
  switch (operation.op) {
    case "expect":
      expectBead(batch, batch.resolve(operation.id), operation.expected);
      break;
    case "expectAgent":
      expectAgent(batch, operation.address, operation.expected);
      break;
    case "create":
      create(batch, operation);
      break;
    case "update":
      updateBead(batch, operation.id, operation.fields);
      break;
    case "close":
      closeBead(batch, operation.id, operation.close);
      break;
    case "reopen":
      reopen(batch, operation.id, operation.reason);
      break;
    case "delete":
      deleteBead(batch, operation.id, operation.reason);
      break;
    case "claim":
      claimBead(batch, batch.resolve(operation.id));
      break;
    case "addDependency":
      addEdge(batch, operation.edge);
      break;
    case "removeDependency":
      removeEdges(batch, operation.from, operation.to, operation.type);
      break;
    case "setParent":
      setParent(batch, operation.id, operation.parent);
      break;
    case "addLabel":
      addLabel(batch, operation.id, operation.label);
      break;
    case "removeLabel":
      removeLabel(batch, operation.id, operation.label);
      break;
    case "comment":
      addComment(batch, operation.id, operation.text, operation.author ?? batch.actor);
      break;
    case "promote":
      promoteBead(batch, operation.id, operation.reason ?? "promoted by hand");
      break;
    case "rename":
      renameBead(batch, batch.resolve(operation.id), operation.to);
      break;
    case "renamePrefix":
      renamePrefix(batch, operation.from, operation.to);
      break;
    case "ensureAgent":
      ensureAgent(batch, operation.agent);
      break;
    case "setAgent":
      setAgent(batch, operation.address, operation.fields);
      break;
    case "hook":
      hookBead(batch, operation.address, operation.bead, { replace: operation.replace === true });
      break;
    case "unhook":
      unhook(batch, operation.address);
      break;
    case "expectRow":
      expectRow(batch, operation.table, operation.key, operation.rev);
      break;
    case "putRow":
      putRow(batch, operation.table, operation.key, operation.value);
      break;
    case "deleteRow":
      deleteRow(batch, operation.table, operation.key);
      break;
    case "setConfig":
      setConfig(batch, operation.key, operation.value);
      break;
    case "putValue":
      putValue(batch, operation.namespace, operation.key, operation.value);
      break;
    case "registerPrefix":
      registerPrefix(batch, operation);
      break;
    case "event":
      batch.report(operation.event);
      break;
    case "unattended":
      batch.callNobody();
      break;
  }
}

function create(batch: Batch, operation: Extract<Operation, { op: "create" }>): void {
  const { bead } = operation;
  const parent = bead.parent === undefined ? {} : { parent: batch.resolve(bead.parent) };
  const id = createBead(batch, { ...bead, ...parent });
  if (operation.as !== undefined) batch.name(operation.as, id);
}

function reopen(batch: Batch, id: BeadId, reason: string): void {
  const row = batch.bead(id);
  if (row.status !== "closed") return;
  storeColumns(
    batch,
    row,
    { status: "open", closed_at: null, close_reason: "", outcome: "", closed_by_session: "" },
    reason,
  );
}

function setParent(batch: Batch, id: BeadId, parent: BeadId | null): void {
  const child = batch.resolve(id);
  const target = parent === null ? undefined : batch.bead(parent).id;
  const current = parentOf(batch, child);
  if (current === target) return;
  if (current !== undefined) removeEdges(batch, child, current, "parent-child");
  if (target !== undefined) addEdge(batch, { from: child, to: target, type: "parent-child" });
}

function addComment(batch: Batch, id: BeadId, text: string, author: string): void {
  const row = batch.bead(id);
  if (row.is_template === 1) throw templateError(row.id);
  if (text.trim() === "") throw invalid("comment text is required");
  checkText("comment", text);
  const commentId = uuidV7(batch.now, batch.context.random);
  batch.database.run(
    "INSERT INTO comments (id, issue_id, author, text, created_at) VALUES (?,?,?,?,?)",
    commentId,
    row.id,
    author,
    text,
    batch.now,
  );
  batch.touch(row.id);
  batch.record({
    id: row.id,
    scope: row.scope,
    type: "commented",
    new: { id: commentId, author },
    comment: text,
  });
}
