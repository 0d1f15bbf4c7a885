import { townUp, type UpOptions } from "../../../agents/daemon/town-up.ts";
import { suspendedFor } from "../../../agents/lifecycle/suspension.ts";
import type { CommandContext } from "../command.ts";
import { readLevel, writeLevel } from "./notification-level.ts";

/** `gt up` (spec/04 §7.2), and with its own wishes `gt start`. */
export async function run(
  context: CommandContext,
  wishes: Pick<UpOptions, "isLazy" | "mayorAgent"> = {},
): Promise<number> {
  const { out, flags, quiet } = context;
  const access = await context.access();
  const services = await townUp(access, {
    restore: flags.boolean("restore"),
    env: context.env,
    ...wishes,
    onService: ({ name, ok, detail }) => {
      if (!ok) out.line(`✗ ${name} ${detail}`);
      else if (!quiet) out.line(`✓ ${name} ${detail}`);
    },
  });
  const failed = services.filter((service) => !service.ok).length;
  out.document({
    success: failed === 0,
    services,
    summary: { total: services.length, started: services.length - failed, failed },
  });
  if (access.actor === "overseer" && (await readLevel(context)) === "muted") {
    await writeLevel(context, "normal");
    if (!quiet) out.note("do not disturb is off: notifications are shown again");
  }
  const resting = await suspendedFor(access, "town-down");
  if (resting.length > 0 && !quiet)
    out.note(`${resting.length} agents were suspended by gt down: gt up --restore`);
  return failed === 0 ? 0 : 1;
}
