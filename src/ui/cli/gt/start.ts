import type { CommandContext } from "../command.ts";

/** `gt start [<rig>/crew/<name>]` (spec/04 §7.2). */
export async function run(context: CommandContext): Promise<number> {
  const words = context.args[0] === "crew" ? context.args.slice(1) : context.args;
  const { run: up } = await import("./up.ts");
  if (words.length === 0) return up(context);
  const { run: startCrew } = await import("./crew-start.ts");
  const code = await startCrew({ ...context, args: words });
  return code ?? 0;
}
