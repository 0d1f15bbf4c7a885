import { GtError } from "../../../core/gt-error.ts";
import { removeRig } from "../../../core/town/remove-rig.ts";
import type { Rig } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";

/** `gt rig remove <name>` (spec/07 §5.6): the files stay. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const town = await context.town();
  const rig = town.rig(context.args[0] ?? "");
  const force = flags.boolean("force");
  await endSessions(context, rig, force);
  const reopened = await removeRig(town, await context.ledger(), {
    rig,
    force,
    actor: await context.actor(),
  });
  out.document({ ok: true, action: "rig remove", id: rig.name, path: rig.path, reopened });
  out.done(`rig ${rig.name} is no longer registered`);
  for (const bead of reopened) out.line(`  ${bead} is open again`);
  out.line(`  its files are still at ${rig.path}`);
  out.next(`gt rig add ${rig.name} --adopt`);
}

async function endSessions(context: CommandContext, rig: Rig, force: boolean): Promise<void> {
  const { host } = await context.access();
  const connection = await host({ start: false }).catch((error: unknown) => {
    if (error instanceof GtError && error.code === "E_HOST_DOWN") return undefined;
    throw error;
  });
  const alive = (await connection?.list())?.filter(
    (session) => session.rig === rig.name && session.phase !== "exited",
  );
  if (!connection || !alive || alive.length === 0) return;
  if (!force) {
    throw new GtError("E_UNSAFE", `agents of ${rig.name} are running`, {
      why: alive.map((session) => `${session.actor} (${session.session})`),
      hint: `gt rig remove ${rig.name} --force`,
    });
  }
  for (const session of alive)
    await connection.stop(session.session, { reason: "stopped", runId: session.runId });
}
