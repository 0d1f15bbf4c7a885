import {
  readSynthesis,
  startSynthesis,
  type SynthesisState,
  unfinishedLegs,
} from "../../../agents/lifecycle/synthesis.ts";
import { findConvoy } from "../../../core/convoys/find-convoy.ts";
import type { CommandContext } from "../command.ts";

/** `gt synthesis status`: how far a convoy run is (spec/02 §12.5). */
export async function status(context: CommandContext): Promise<void> {
  const { out } = context;
  const ledger = await context.ledger();
  const state = await readSynthesis(ledger, await findConvoy(ledger, context.args[0] ?? ""));
  out.document(documentOf(state));
  for (const { leg, bead, hasOutput } of state.legs)
    out.line(
      `  ${leg.id.padEnd(20)} ${bead.id.padEnd(16)} ${bead.status.padEnd(12)} ${hasOutput ? leg.output_path : "no findings yet"}`,
    );
  out.line(
    `  ${"synthesis".padEnd(20)} ${state.synthesis.id.padEnd(16)} ${state.synthesis.status.padEnd(12)} ${readiness(state)}`,
  );
}

/** `gt synthesis start`. */
export async function start(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const access = await context.access();
  const state = await readSynthesis(access.ledger, await findConvoy(access.ledger, context.args[0] ?? ""));
  if (flags.boolean("dry-run")) {
    out.document({ dry_run: true, ...documentOf(state) });
    out.line(`${state.synthesis.id}: ${readiness(state)}`);
    return;
  }
  const dispatch = await startSynthesis(access, state, { force: flags.boolean("force") });
  out.document({
    ok: true,
    convoy_id: state.convoy.id,
    synthesis_id: state.synthesis.id,
    agent: dispatch.agent,
  });
  out.done(`${state.synthesis.id} → ${dispatch.agent}`);
}

function readiness(state: SynthesisState): string {
  const open = unfinishedLegs(state).length;
  if (state.synthesis.status !== "open") return state.synthesis.status;
  return open === 0 ? "ready" : `${state.legs.length - open}/${state.legs.length} legs complete`;
}

function documentOf(state: SynthesisState) {
  return {
    convoy_id: state.convoy.id,
    synthesis_id: state.synthesis.id,
    synthesis_status: state.synthesis.status,
    ready: unfinishedLegs(state).length === 0,
    legs: state.legs.map(({ leg, bead, hasOutput }) => ({
      id: leg.id,
      bead: bead.id,
      status: bead.status,
      output_path: leg.output_path,
      output_exists: hasOutput,
    })),
  };
}
