import type { Bead } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** Launches a staged convoy and says what became of its first wave. */
export async function launch(context: CommandContext, convoy: Bead): Promise<number> {
  const { flags, out } = context;
  const { launchConvoy } = await import("../../../agents/lifecycle/stage-convoy.ts");
  const launched = await launchConvoy(await context.access(), convoy, { force: flags.boolean("force") });
  const { waves } = launched.staging.waves;
  const isQueued = launched.dispatched.some((dispatch) => dispatch.scheduled !== undefined);
  const begun = isQueued ? "scheduled" : "dispatched";
  out.line(`🚚 launched ${launched.convoy.id} "${sanitiseLine(launched.convoy.title)}"`);
  for (const [index, wave] of waves.entries())
    out.line(
      `  wave ${index + 1}: ${wave.length} ${wave.length === 1 ? "task" : "tasks"} (${index === 0 ? begun : "pending"})`,
    );
  for (const dispatch of launched.dispatched)
    out.done(`${dispatch.bead} ${dispatch.scheduled === undefined ? `-> ${dispatch.agent}` : "is queued"}`);
  for (const { bead, error } of launched.failed)
    out.failed(`${bead}: ${sanitiseLine(error.message)} (${error.code})`);
  out.document({
    ok: launched.failed.length === 0,
    convoy_id: launched.convoy.id,
    waves: waves.map((wave) => wave.length),
    dispatched: launched.dispatched.map((dispatch) => ({ bead: dispatch.bead, agent: dispatch.agent })),
    failed: launched.failed.map(({ bead, error }) => ({ bead, code: error.code, message: error.message })),
  });
  return launched.failed.length > 0 ? 1 : 0;
}
