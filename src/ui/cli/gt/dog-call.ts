import { dogs } from "../../../agents/dogs/dog-pool.ts";
import { liveSession } from "../../../agents/lifecycle/agent-session.ts";
import { nudge } from "../../../agents/sessions/nudge.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";

/** `gt dog call` (spec/04 §10.3): an idle dog without a session needs none until there is a chore. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const [name] = context.args;
  const access = await context.access();
  const all = (await dogs(access)).filter((dog) => name === undefined || dog.name === name);
  if (name !== undefined && all.length === 0)
    throw new GtError("E_DOG_NOT_FOUND", `there is no dog ${name}`, { hint: "gt dog list" });
  const idle = all.filter((dog) => dog.state !== "working");
  const called = name !== undefined || flags.boolean("all") ? idle : idle.slice(0, 1);
  for (const dog of called) {
    const session = await liveSession(access, dog.address);
    if (session !== undefined)
      await nudge(access, {
        to: dog.address,
        from: access.actor,
        text: "Look at your hook.",
        mode: "wait-idle",
      });
    out.line(`🐕 ${dog.name}: ${session === undefined ? "ready" : "called"}`);
  }
  if (called.length === 0) out.line("no dog is idle");
  out.document({ ok: true, called: called.map((dog) => dog.name) });
}
