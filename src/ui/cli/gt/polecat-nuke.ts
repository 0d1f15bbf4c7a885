import { GtError, usageError } from "../../../core/gt-error.ts";
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
  // Each by its own name: there is no way back.
  if (discard && !flags.boolean("dry-run"))
    for (const address of addresses) {
      const typed = address.split("/").at(-1) ?? "";
      if (!context.yes && !(await context.confirm({ text: `Discard the work of ${address}?`, typed })))
        return;
    }
  const { nukePolecats } = await import("../../../agents/lifecycle/nuke-polecat.ts");
  const isDryRun = flags.boolean("dry-run");
  const { nuked, warnings } = await nukePolecats(access, {
    addresses,
    cwd,
    ...(flags.boolean("force") || discard ? { force: true } : {}),
    ...(discard ? { discard: true } : {}),
    ...(context.words.at(-1) === "remove" && !flags.boolean("force") ? { keepLiveSession: true } : {}),
    ...(isDryRun ? { dryRun: true } : {}),
  }).catch((error: unknown) => {
    throw withRemedies(context, error);
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

/** The refusal with what could be done about each reason, and the command as it was typed, by force. */
function withRemedies({ words, args, flags }: CommandContext, error: unknown): unknown {
  if (!(error instanceof GtError) || error.code !== "E_UNSAFE") return error;
  const { details } = error;
  const remedies = Array.isArray(details?.["remedies"]) ? (details["remedies"] as readonly string[]) : [];
  return new GtError(error.code, error.message, {
    why: [
      ...error.why,
      ...remedies,
      "or by force: all of it is kept as snapshot, branch or archive ref first",
    ],
    hint: `gt ${words.join(" ")} ${args.join(" ")}${flags.boolean("all") ? " --all" : ""} --force`,
    ...(details === undefined ? {} : { details }),
    cause: error,
  });
}
