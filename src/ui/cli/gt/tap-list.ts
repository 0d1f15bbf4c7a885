import { guards } from "../../../agents/hooks/guards.ts";
import { hookEvents } from "../../../agents/hooks/hook-event.ts";
import type { CommandContext } from "../command.ts";

/** `gt tap list` (spec/03 §4.8). */
export async function run({ out, flags }: CommandContext): Promise<void> {
  const list = guards.map(({ name, description, roles }) => ({ name, description, roles }));
  out.document(flags.boolean("guards") ? { guards: list } : { events: hookEvents, guards: list });
  if (!flags.boolean("guards")) out.line(`events: ${hookEvents.join(", ")}`);
  out.table(
    ["GUARD", "KEEPS", "ROLES"],
    list.map(({ name, description, roles }) => [
      name,
      description,
      roles === "all" ? "all" : roles.join(","),
    ]),
  );
}
