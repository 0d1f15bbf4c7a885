import { liveSession } from "../../../agents/lifecycle/agent-session.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { existingMember } from "./crew-argument.ts";

/** `gt crew next` and `gt crew prev` (spec/04 §4): round the members whose sessions run, from the named one or oneself. */
export async function run(context: CommandContext): Promise<number | undefined> {
  const { args, out, flags } = context;
  const access = await context.access();
  const from = args[0] === undefined ? access.actor : (await existingMember(context, args[0])).address;
  const running: string[] = [];
  for (const agent of await access.ledger.agents({ role: "crew" }))
    if (agent.state !== "nuked" && (await liveSession(access, agent.address)) !== undefined)
      running.push(agent.address);
  const address = neighbour(running.sort(), from, context.words.at(-1) === "prev" ? -1 : 1);
  if (address === undefined)
    throw new GtError("E_NO_SESSION", "no other crew member has a session", { hint: "gt crew start" });
  out.document({ ok: true, address });
  out.line(address);
  if (flags.boolean("detached") || !process.stdin.isTTY || context.agentMode) return undefined;
  const { run: attach } = await import("./attach.ts");
  return attach({ ...context, args: [address] });
}

/** The next or previous one of a sorted list, round its end; whoever is not in it stands where he would be. */
export function neighbour(sorted: readonly string[], from: string, step: 1 | -1): string | undefined {
  const others = sorted.filter((each) => each !== from);
  const after = others.findIndex((each) => each > from);
  const next = after < 0 ? 0 : after;
  return step === 1 ? others[next] : others.at(next - 1);
}
