import { type DownOptions, planDown, townDown } from "../../../agents/daemon/town-down.ts";
import { plural } from "./mail-text.ts";
import type { CommandContext } from "../command.ts";

/** `gt down` (spec/04 §7.2). */
export async function run(context: CommandContext): Promise<number> {
  const { out, flags, quiet } = context;
  const access = await context.access();
  const scope = flags.boolean("all") ? "all" : flags.boolean("polecats") ? "polecats" : "services";
  const options: DownOptions = {
    scope,
    force: flags.boolean("force"),
    onService: ({ name, ok, detail }) => {
      if (!ok) out.line(`✗ ${name} ${detail}`);
      else if (!quiet) out.line(`✓ ${name} ${detail}`);
    },
  };
  if (flags.boolean("dry-run")) {
    const planned = await planDown(access, options);
    out.document({ dry_run: true, services: planned });
    for (const { name, detail } of planned) out.line(`${name} ${detail}`);
    if (planned.length === 0) out.line("nothing is running");
    return 0;
  }
  const report = await townDown(access, options);
  const isDown = report.leftovers.length === 0 && report.services.every((service) => service.ok);
  out.document({ success: isDown, ...report });
  for (const address of report.unsaved) out.warn(`the files of ${address} could not be kept as a snapshot`);
  for (const leftover of report.leftovers) out.line(`✗ ${leftover}`);
  if (report.kept.length > 0)
    out.warn(
      `left running unwatched: ${plural(report.kept.length, "polecat session")} (gt down -p ends them)`,
    );
  if (isDown && !quiet)
    out.line(scope === "all" ? "the town is down; nothing of it is left running" : "the town is down");
  return isDown ? 0 : 1;
}
