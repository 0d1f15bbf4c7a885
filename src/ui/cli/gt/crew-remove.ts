import { removeCrew } from "../../../agents/lifecycle/remove-crew.ts";
import { shellWord } from "../../../core/shell-word.ts";
import type { CommandContext } from "../command.ts";
import { existingMember, type Member } from "./crew-argument.ts";

/** `gt crew remove` (spec/04 §4). Whoever is misspelt keeps all of them. */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out, cwd } = context;
  const access = await context.access();
  const members = new Map<string, Member>();
  for (const word of args) {
    const member = await existingMember(context, word);
    members.set(member.address, member);
  }
  const removed = [];
  for (const { rig, name, address } of members.values()) {
    const { bundle, aside } = await removeCrew(access, rig, name, {
      force: flags.boolean("force"),
      purge: flags.boolean("purge"),
      cwd,
    });
    removed.push({ address, bundle: bundle ?? null, aside: aside ?? null });
    out.done(`removed ${address}`);
    if (bundle !== undefined) {
      out.line(`  its repository, with a snapshot of its files, is kept in ${bundle}`);
      out.line(`  to have it back: git clone --mirror ${shellWord(bundle)} ${name}.git`);
    }
    if (aside !== undefined) out.line(`  files that the repository does not hold are in ${aside}`);
  }
  out.document({ ok: true, removed });
}
