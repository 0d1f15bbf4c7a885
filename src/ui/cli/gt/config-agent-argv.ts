import { join } from "node:path";
import { hooksFileOf } from "../../../agents/hooks/write-hooks.ts";
import { beacon } from "../../../agents/runtimes/beacon.ts";
import { effortArgs, effortOf } from "../../../agents/runtimes/effort.ts";
import { launchArgv } from "../../../agents/runtimes/launch.ts";
import { findRuntime } from "../../../agents/runtimes/resolve-runtime.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";

/** `gt config agent get <name> --argv --role <role>` (spec/03 §2.4): for starting by hand what the host would start. */
export async function showArgv({ flags, out, town }: CommandContext, name: string): Promise<void> {
  const here = await town();
  const word = flags.string("role") ?? "mayor";
  const rig = flags.string("rig") ?? "";
  const address = parseAddress(rig === "" ? word : `${rig}/${word}`) ?? parseAddress(word);
  if (address === undefined || address.role === "overseer")
    throw usageError(`"${sanitiseLine(word)}" is no role with a session`, {
      why: ["e.g. mayor, web/witness, web/crew/max"],
      hint: "gt role list",
    });
  const runtime = findRuntime(here, address.rig, name);
  const hasHooks = runtime.hooksProvider !== "none" && !runtime.hooksInformational;
  const argv = launchArgv({
    runtime,
    hooks: join(here.paths.runtime, "hooks"),
    ...(runtime.hooksProvider === "claude" ? { settingsFile: hooksFileOf(here, address, runtime) } : {}),
    effortArgs: effortArgs(runtime, effortOf(here, address.role, address.rig)),
    prompt: beacon({ address, sender: "human", topic: "start", now: Date.now(), hasHooks }),
  });
  out.document(argv);
  out.line(argv.map(quoted).join(" "));
}

/** For a POSIX shell, and with nothing that could steer the terminal. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
