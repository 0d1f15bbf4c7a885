import { usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { reread } from "./each-bead.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd state X dim` (spec/01 §5.1): the value of a dimension, kept as label `<dim>:<value>`. */
export async function get(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const workspace = await openWorkspace(context);
  const bead = await reread(workspace, await workspace.resolve(args[0] ?? ""));
  const dimension = args[1];
  if (dimension === undefined)
    throw usageError("missing argument <dimension>", { hint: `bd state list ${bead.id}` });
  const value = stateValue(bead, dimension);
  out.document({ issue_id: bead.id, dimension, value: value ?? null });
  out.line(value === undefined ? `(no ${sanitiseLine(dimension)} state)` : sanitiseLine(value));
}

/** `bd state list X`. */
export async function list(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const workspace = await openWorkspace(context);
  const bead = await reread(workspace, await workspace.resolve(args[0] ?? ""));
  const states = bead.labels.flatMap((label) => {
    const colon = label.indexOf(":");
    const isState = colon > 0 && !/^(?:gt|from|thread|provides)$/.test(label.slice(0, colon));
    return isState ? [{ dimension: label.slice(0, colon), value: label.slice(colon + 1) }] : [];
  });
  out.document({
    issue_id: bead.id,
    states: Object.fromEntries(states.map((one) => [one.dimension, one.value])),
  });
  if (states.length === 0) out.line("No states");
  for (const { dimension, value } of states) out.line(`  ${sanitiseLine(dimension)}: ${sanitiseLine(value)}`);
}

/** `bd set-state X dim=value`: an event bead and the label, in one transaction. */
export async function set(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const assignment = /^([A-Za-z][\w-]*)=(\S.*)$/.exec(args[1] ?? "");
  if (assignment === null) throw usageError(`"${sanitiseLine(args[1] ?? "")}" is not dimension=value`);
  const [, dimension = "", value = ""] = assignment;
  const workspace = await openWorkspace(context);
  const bead = await reread(workspace, await workspace.resolve(args[0] ?? ""));
  const old = stateValue(bead, dimension);
  const isChanged = old !== value;
  let eventId = "";
  if (isChanged) {
    const reason = flags.string("reason") ?? "";
    const payload = JSON.stringify({ old: old ?? "", new: value, reason });
    const operations: Operation[] = [
      {
        op: "create",
        as: "event",
        bead: {
          title: `${dimension}: ${old ?? "none"} -> ${value}`,
          type: "event",
          parent: bead.id,
          eventKind: `state.${dimension}`,
          actor: workspace.actor,
          target: bead.id,
          payload,
          closeReason: "event",
          ephemeral: bead.ephemeral,
        },
      },
      ...bead.labels
        .filter((label) => label.startsWith(`${dimension}:`))
        .map((label): Operation => ({ op: "removeLabel", id: bead.id, label })),
      { op: "addLabel", id: bead.id, label: `${dimension}:${value}` },
    ];
    eventId = (await workspace.write(operations)).named["event"] ?? "";
  }
  out.document({
    issue_id: bead.id,
    dimension,
    old_value: old ?? null,
    new_value: value,
    ...(eventId === "" ? {} : { event_id: eventId }),
    changed: isChanged,
  });
  if (!out.json)
    out.done(
      isChanged
        ? `Set ${dimension} of ${bead.id} to ${sanitiseLine(value)}`
        : `${bead.id} already has ${dimension}=${sanitiseLine(value)}`,
    );
}

function stateValue(bead: Bead, dimension: string): string | undefined {
  return bead.labels.find((label) => label.startsWith(`${dimension}:`))?.slice(dimension.length + 1);
}
