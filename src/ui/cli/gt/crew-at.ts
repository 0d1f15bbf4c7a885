import { join } from "node:path";
import { addCrew, startCrew } from "../../../agents/lifecycle/crew.ts";
import { returnToDefaultBranch } from "../../../agents/lifecycle/crew-clone.ts";
import { currentBranch } from "../../../core/git/branch.ts";
import type { CommandContext } from "../command.ts";
import { seeToDaemon } from "../keep-watched.ts";
import { existingMember, memberAtHand } from "./crew-argument.ts";
import { startWishes } from "./start-wishes.ts";

/** `gt crew at <name>` (spec/04 §4): the member's terminal, with a session started if none runs. */
export async function run(context: CommandContext): Promise<number | undefined> {
  const { args, flags, out } = context;
  const access = await context.access();
  const { rig, name, address } = await (args[0] === undefined ? memberAtHand : existingMember)(
    context,
    args[0] ?? "",
  );
  const path = join(access.town.root, address);
  if (flags.boolean("print-path")) {
    out.document({ path });
    out.line(path);
    return undefined;
  }
  const { warnings } = await addCrew(access, rig, name, { ownBranch: false });
  for (const warning of warnings) out.warn(warning);
  if (flags.boolean("reset")) await returnToDefaultBranch(rig, path);
  const branch = await currentBranch(path);
  if (branch !== rig.defaultBranch)
    out.warn(`${address} is on ${branch ?? "no branch"}, not on ${rig.defaultBranch} (--reset goes back)`);
  const record = await startCrew(access, address, startWishes(context));
  await seeToDaemon(context);
  out.document({ ok: true, address, session: record.session, path, branch: branch ?? null });
  out.line(`▶ ${address} (${record.agent})`);
  if (flags.boolean("detached")) return undefined;
  if (!process.stdin.isTTY || context.agentMode) {
    out.next(`gt attach ${address}`);
    return undefined;
  }
  const { run: attach } = await import("./attach.ts");
  return attach({ ...context, args: [address] });
}
