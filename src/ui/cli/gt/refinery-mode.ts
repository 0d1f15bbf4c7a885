import { switchRefinery } from "../../../agents/refinery/switch-refinery.ts";
import { usageError } from "../../../core/gt-error.ts";
import { refinerySwitch } from "../../../core/merge/refinery-switch.ts";
import type { CommandContext } from "../command.ts";
import { chooseRig } from "./mq-rig.ts";

const modes = ["builtin", "agent"] as const;

/** `gt refinery mode` (spec/05 §4.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const [first, second] = context.args;
  const isModeOnly = second === undefined && modes.some((mode) => mode === first);
  const rig = await chooseRig(context, isModeOnly ? undefined : first);
  const wish = isModeOnly ? first : second;
  const access = await context.access();
  if (wish !== undefined) {
    const mode = modes.find((each) => each === wish);
    if (mode === undefined)
      throw usageError(`"${wish}" is not a mode`, { why: [`modes: ${modes.join(", ")}`] });
    await switchRefinery(access, rig, { mode });
  }
  const { mode } = await refinerySwitch(access.ledger, rig.name);
  out.document({ ok: true, rig: rig.name, mode });
  out.line(`${rig.name}: ${mode}`);
}
