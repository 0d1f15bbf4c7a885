import { recordDenial } from "../../../agents/hooks/hook-events.ts";
import { observePush } from "../../../agents/hooks/observe-push.ts";
import { parsePushedRefs, refusedPush } from "../../../agents/hooks/refuse-push.ts";
import { readHookStdin } from "./hook-stdin.ts";
import type { CommandContext } from "../command.ts";

/** `gt tap push-check <remote> <url>` (spec/05 §5.5): exit 2 refuses; whatever goes wrong allows. */
export async function run(context: CommandContext): Promise<number> {
  const pushed = parsePushedRefs(await readHookStdin());
  try {
    const access = await context.access();
    const facts = await observePush(access, pushed, { url: context.args[1] ?? "", cwd: context.cwd });
    const reason = facts === undefined ? undefined : refusedPush(pushed, facts);
    if (reason === undefined) return 0;
    recordDenial(access.town, access.actor, "push", `git push ${pushed.map(({ ref }) => ref).join(" ")}`);
    process.stderr.write(`blocked by gas town: ${reason}\n`);
    return 2;
  } catch {
    return 0; // outside a town, or without an identity, there is nothing to guard
  }
}
