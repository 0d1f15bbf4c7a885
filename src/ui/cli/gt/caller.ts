import { addressOfDirectory, resolveCaller } from "../../../core/town/actor.ts";
import { type Address, agentHome, formatAddress } from "../../../core/town/address.ts";
import { readJsonFile } from "../../../core/town/json-file.ts";
import { overseerFile } from "../../../core/town/paths.ts";
import type { CommandContext } from "../command.ts";

/** Everything that `gt role` and `gt whoami` tell (spec/07 §2.4). */
export interface CallerFacts {
  readonly address: Address;
  readonly source: "env" | "file" | "cwd" | "default";
  readonly home: string;
  /** Whose directory this is, when it is another's than the environment says. */
  readonly mismatch: Address | undefined;
  readonly byDirectory: Address | undefined;
}

export async function callerFacts(context: CommandContext): Promise<CallerFacts> {
  const { env, cwd } = context;
  const town = await context.town();
  const { address, source } = resolveCaller({ env, cwd, town });
  const byDirectory = addressOfDirectory(cwd, town);
  const isOther = byDirectory !== undefined && formatAddress(byDirectory) !== formatAddress(address);
  return {
    address,
    source,
    home: agentHome(town, address) ?? town.root,
    mismatch: source === "env" && isOther ? byDirectory : undefined,
    byDirectory,
  };
}

export async function callerDocument(
  context: CommandContext,
  facts: CallerFacts,
): Promise<Readonly<Record<string, unknown>>> {
  const town = await context.town();
  const { address, source, home, mismatch, byDirectory } = facts;
  const stored = readJsonFile(overseerFile(town.root)) ?? {};
  const word = (key: string) => (typeof stored[key] === "string" ? stored[key] : "");
  return {
    role: address.role,
    address: formatAddress(address),
    source,
    rig: address.rig,
    name: address.name,
    home,
    town: town.root,
    mismatch: mismatch !== undefined,
    cwd_role: byDirectory?.role ?? "",
    overseer: {
      name: word("name"),
      email: word("email"),
      username: word("username"),
      source: word("source"),
    },
  };
}
