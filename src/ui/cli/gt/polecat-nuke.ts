import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { polecatAddress } from "./polecat-argument.ts";

/** `gt polecat nuke` and `remove` (spec/04 §3.8). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out, cwd } = context;
  const access = await context.access();
  const addresses = flags.boolean("all")
    ? await allOf(context, args)
    : args.map((word) => polecatAddress(access.town, word));
  const discard = flags.boolean("discard");
  const [first = ""] = addresses;
  if (
    discard &&
    !(await context.confirm({
      text: `Discard the work of ${addresses.join(", ")}?`,
      typed: first.split("/").at(-1) ?? "",
    }))
  )
    return;
  const { nukePolecats } = await import("../../../agents/lifecycle/nuke-polecat.ts");
  const isDryRun = flags.boolean("dry-run");
  const { nuked, warnings } = await nukePolecats(access, {
    addresses,
    cwd,
    ...(flags.boolean("force") || discard ? { force: true } : {}),
    ...(discard ? { discard: true } : {}),
    ...(context.words.at(-1) === "remove" && !flags.boolean("force") ? { keepLiveSession: true } : {}),
    ...(isDryRun ? { dryRun: true } : {}),
  });
  for (const warning of warnings) out.warn(sanitiseLine(warning));
  for (const address of nuked) out.done(isDryRun ? `would remove ${address}` : `removed ${address}`);
  if (nuked.length === 0) out.line("no polecats");
  out.document({ ok: true, nuked, warnings });
}

async function allOf(context: CommandContext, args: readonly string[]): Promise<readonly string[]> {
  const [word] = args;
  if (word === undefined || args.length > 1)
    throw usageError("--all takes one rig", { hint: "gt polecat nuke <rig> --all" });
  const { town, ledger } = await context.access();
  const polecats = await ledger.agents({ rig: town.rig(word).name, role: "polecat" });
  return polecats.filter((agent) => agent.state !== "nuked").map((agent) => agent.address);
}
