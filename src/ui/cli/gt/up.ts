import { townUp } from "../../../agents/daemon/town-up.ts";
import { suspendedFor } from "../../../agents/lifecycle/suspension.ts";
import type { CommandContext } from "../command.ts";

/** `gt up` (spec/04 §7.2). */
export async function run(context: CommandContext): Promise<number> {
  const { out, flags, quiet } = context;
  const access = await context.access();
  const services = await townUp(access, {
    restore: flags.boolean("restore") || flags.boolean("all"),
    env: context.env,
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
  const resting = await suspendedFor(access, "town-down");
  if (resting.length > 0 && !quiet)
    out.note(`${resting.length} agents were suspended by gt down: gt up --restore`);
  return failed === 0 ? 0 : 1;
}
