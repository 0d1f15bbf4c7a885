import { existsSync } from "node:fs";
import { join } from "node:path";
import { tellOfWork } from "../../../agents/lifecycle/tell-of-work.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { memberOf } from "./crew-argument.ts";

/** `gt assign <crew> <title...>` (spec/04 §2.10). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const [word = "", ...words] = args;
  const title = words.join(" ").trim();
  const priority = flags.integer("priority") ?? 2;
  if (title === "") throw usageError("what is to be done?", { hint: 'gt assign <member> "<title>"' });
  if (priority < 0 || priority > 4)
    throw usageError("--priority is a number from 0 to 4", { hint: "gt help assign" });
  const access = await context.access();
  const { rig, name, address } = await memberOf(context, word);
  if (!existsSync(join(rig.crew, name)))
    throw new GtError("E_AGENT_NOT_FOUND", `there is no crew member ${address}`, {
      hint: `gt crew add ${name} --rig ${rig.name}`,
    });
  const force = flags.boolean("force");
  const { expectRoomOnHook, fileOnHook } = await import("../../../agents/lifecycle/hook-agent.ts");
  if (flags.boolean("dry-run")) {
    const agent = await access.ledger.agent(address);
    await expectRoomOnHook(access, agent, { bead: { id: "" }, address, force });
    out.line(`would file "${sanitiseLine(title)}" in ${rig.name} and hook it to ${address}`);
    out.document({ ok: true, agent: address, rig: rig.name, dry_run: true });
    return;
  }
  const description = flags.string("description");
  const id = await fileOnHook(access, {
    bead: {
      title,
      scope: rig.name,
      type: flags.string("type") ?? "task",
      priority,
      labels: flags.strings("label"),
      ...(description === undefined ? {} : { description }),
    },
    ...{ address, force },
  });
  const isTold = flags.boolean("nudge") && (await tellOfWork(access, address, { bead: id }));
  out.document({ ok: true, bead: id, agent: address, nudged: isTold });
  out.line(`🪝 ${id} is on the hook of ${address}`);
  if (isTold) out.line(`  ${address} is told as soon as it is idle`);
  else if (flags.boolean("nudge"))
    out.line(`  ${address} has no session; its next one finds the work on its hook`);
  else out.next(`it is not told by itself: gt nudge ${address} "Work is on your hook: ${id}"`);
}
