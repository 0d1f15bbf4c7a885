import {
  type Checkpoint,
  droppingCheckpoint,
  lastCheckpoint,
  saveCheckpoint,
} from "../../../agents/lifecycle/checkpoint.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import { formatTime } from "../../../core/clock.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";

/** `gt checkpoint write`, `read` and `clear` (spec/04 §5.7). */
export async function run(context: CommandContext): Promise<void> {
  const access = await context.access();
  const role = parseAddress(access.actor)?.role;
  if (role !== "polecat" && role !== "crew")
    throw new GtError("E_FORBIDDEN", `${access.actor} has no checkpoint; only polecats and crew do`, {
      hint: "gt prime",
    });
  switch (context.words.at(-1)) {
    case "write":
      return write(context, access);
    case "clear":
      return clear(context, access);
    default:
      return read(context, access);
  }
}

async function write({ out, flags, env }: CommandContext, access: TownAccess): Promise<void> {
  const given = {
    notes: flags.string("notes"),
    molecule: flags.string("molecule"),
    stepId: flags.string("step"),
  };
  await saveCheckpoint(access, access.actor, {
    reason: "saved by hand",
    run: env["GT_RUN"] ?? "",
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  });
  out.done(`the next session of ${access.actor} will know where you are`);
  await tell(out, access);
}

async function clear({ out }: CommandContext, access: TownAccess): Promise<void> {
  await access.ledger.write(access.actor, [droppingCheckpoint(access.actor)]);
  out.done("checkpoint cleared");
  out.document({ ok: true });
}

async function read({ out }: CommandContext, access: TownAccess): Promise<void> {
  const checkpoint = await tell(out, access);
  if (checkpoint === undefined) {
    out.line("no checkpoint");
    return;
  }
  const lines: readonly (readonly [string, string | undefined])[] = [
    ["bead", checkpoint.bead],
    ["branch", checkpoint.branch],
    ["last commit", checkpoint.lastCommit],
    ["modified", checkpoint.modified.join(", ")],
    ["step", checkpoint.stepId ?? checkpoint.step],
    ["notes", checkpoint.notes],
    ["saved", `${formatTime(checkpoint.at)} (${checkpoint.reason})`],
  ];
  for (const [name, value] of lines) if (value) out.line(`${`${name}:`.padEnd(13)}${sanitiseLine(value)}`);
}

async function tell(
  out: CommandContext["out"],
  { ledger, actor }: TownAccess,
): Promise<Checkpoint | undefined> {
  const checkpoint = await lastCheckpoint(ledger, actor);
  out.document(
    checkpoint === undefined
      ? { ok: true, checkpoint: null }
      : {
          molecule_id: checkpoint.molecule ?? null,
          current_step: checkpoint.stepId ?? null,
          step_title: checkpoint.step ?? null,
          modified_files: checkpoint.modified,
          last_commit: checkpoint.lastCommit,
          branch: checkpoint.branch,
          hooked_bead: checkpoint.bead,
          timestamp: formatTime(checkpoint.at),
          session_id: checkpoint.run,
          notes: checkpoint.notes ?? "",
        },
  );
  return checkpoint;
}
