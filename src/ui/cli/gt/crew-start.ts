import { join } from "node:path";
import { addCrew, startCrew } from "../../../agents/lifecycle/crew.ts";
import type { CommandContext } from "../command.ts";
import { memberOf } from "./crew-argument.ts";

/** `gt crew start` and `gt crew at` (spec/04 §4). */
export async function run(context: CommandContext): Promise<number | undefined> {
  const { args, flags, out } = context;
  const access = await context.access();
  const isAt = context.words.at(-1) === "at";
  const agent = flags.string("agent");
  const started = [];
  for (const word of new Set(args)) {
    const { rig, name, address } = await memberOf(context, word);
    if (flags.boolean("print-path")) {
      out.line(join(access.town.root, address));
      continue;
    }
    await addCrew(access, rig, name, { ownBranch: false });
    const record = await startCrew(access, address, agent === undefined ? {} : { agent });
    started.push({ address, session: record.session });
    out.line(`▶ ${address} (${record.agent})`);
  }
  out.document({ ok: true, started });
  const [first] = started;
  if (!isAt || first === undefined || flags.boolean("detached")) return undefined;
  if (!process.stdin.isTTY || context.agentMode) {
    out.next(`gt attach ${first.address}`);
    return undefined;
  }
  const { run: attach } = await import("./attach.ts");
  return attach({ ...context, args: [first.address] });
}
