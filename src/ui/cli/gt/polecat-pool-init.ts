import { expectPoolSize, fillPool, poolSize } from "../../../agents/lifecycle/fill-pool.ts";
import { usageError } from "../../../core/gt-error.ts";
import { numberSetting } from "../../../core/town/setting.ts";
import type { CommandContext } from "../command.ts";

/** `gt polecat pool-init <rig> [--size n]` (spec/04 §3.8). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const access = await context.access();
  const rig = access.town.rig(args[0] ?? "");
  const size = flags.integer("size") ?? numberSetting(access.town.rigSettings(rig.name), "polecat_pool_size");
  if (size < 1) throw usageError("--size must be at least 1", { hint: "gt help polecat pool-init" });
  expectPoolSize(access.town, rig, size);
  const present = await poolSize(access, rig);
  if (flags.boolean("dry-run")) {
    const missing = Math.max(0, size - present);
    out.document({ ok: true, dry_run: true, present, missing });
    out.line(`would make ${missing} polecats; ${rig.name} has ${present}`);
    return;
  }
  const { made, warnings } = await fillPool(access, rig, size);
  for (const warning of warnings) out.warn(warning);
  for (const address of made) out.line(`😺 ${address} is idle`);
  out.document({ ok: true, made, size: present + made.length, warnings });
  out.done(`${rig.name} has ${present + made.length} polecats`);
}
