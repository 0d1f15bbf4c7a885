import { formatAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { callerFacts } from "./caller.ts";

/** `gt role env`: the identity as sorted, quoted export lines. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const town = await context.town();
  const { address } = await callerFacts(context);
  const variables: Readonly<Record<string, string>> = {
    ...(address.role === "overseer"
      ? {}
      : {
          BD_ACTOR: formatAddress(address),
          GT_ROLE: address.role === "dog" ? "dog" : formatAddress(address).replace(/\/$/, ""),
        }),
    ...(address.role === "crew" ? { GT_CREW: address.name } : {}),
    ...(address.role === "dog" ? { GT_DOG_NAME: address.name } : {}),
    ...(address.role === "polecat" ? { GT_POLECAT: address.name } : {}),
    ...(address.rig === "" ? {} : { GT_RIG: address.rig }),
    GT_ROOT: town.root,
    GT_TOWN_ROOT: town.root,
  };
  out.document(variables);
  const line = lineOf[(flags.string("shell") ?? "sh") as keyof typeof lineOf];
  for (const [name, value] of Object.entries(variables).sort()) out.line(line(name, value));
}

const lineOf = {
  sh: (name: string, value: string) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  fish: (name: string, value: string) =>
    `set -gx ${name} '${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`,
  powershell: (name: string, value: string) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
};
