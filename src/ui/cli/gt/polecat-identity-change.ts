import { addIdentity, removeIdentity } from "../../../agents/lifecycle/change-identity.ts";
import { expectPolecatName } from "../../../agents/lifecycle/name-pool.ts";
import { renameAgent } from "../../../agents/lifecycle/rename-agent.ts";
import type { CommandContext } from "../command.ts";
import { polecatAddress } from "./polecat-argument.ts";

/** `gt polecat identity add`, `rename` and `remove` (spec/04 §3.8). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out, cwd } = context;
  const access = await context.access();
  const [rigName = "", ...names] = args;
  const rig = access.town.rig(rigName);
  const [name, to = ""] = names.map((word) => word.toLowerCase());
  switch (context.words.at(-1)) {
    case "add": {
      const address = await addIdentity(access, rig, name);
      out.document({ ok: true, address });
      out.done(`😺 ${address}`);
      return;
    }
    case "rename": {
      expectPolecatName(to);
      const from = polecatAddress(access.town, `${rig.name}/${name}`);
      const address = await renameAgent(access, { rig, role: "polecat", from: name ?? "", to });
      out.document({ ok: true, from, to: address });
      out.done(`${from} is ${address} now`);
      return;
    }
    default: {
      const address = polecatAddress(access.town, `${rig.name}/${name}`);
      await removeIdentity(access, address, { force: flags.boolean("force"), cwd });
      out.document({ ok: true, address });
      out.done(`removed ${address}`);
    }
  }
}
