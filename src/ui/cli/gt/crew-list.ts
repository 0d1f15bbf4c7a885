import { join } from "node:path";
import { changesOf, hookView } from "../../../agents/lifecycle/hook-view.ts";
import { liveSession } from "../../../agents/lifecycle/agent-session.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import type { ChangedFile } from "../../../core/git/changed-files.ts";
import { inboxView } from "../../../core/mail/mailbox.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { Town } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";
import { existingMember, rigAtHand } from "./crew-argument.ts";
import { plural } from "./mail-text.ts";

/** `gt crew list` and `gt crew status` (spec/04 §4). */
export async function run(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const access = await context.access();
  const isStatus = context.words.at(-1) === "status";
  const member = isStatus && args[0] !== undefined ? await existingMember(context, args[0]) : undefined;
  const rig = member === undefined ? listedRig(context, access.town) : undefined;
  const crew = (await access.ledger.agents({ role: "crew" })).filter(
    (agent) =>
      agent.state !== "nuked" &&
      (rig === undefined || agent.rig === rig) &&
      (member === undefined || agent.address === member.address),
  );
  const rows = [];
  for (const agent of crew) {
    const changes = await changesOf(access.town, agent.address).catch(() => []);
    const view = await hookView(access, agent.address, Promise.resolve(changes));
    const session = await liveSession(access, agent.address);
    rows.push({
      agent,
      view,
      changes,
      session,
      mail: isStatus ? await mailOf(access, agent.address) : noMail,
    });
  }
  out.document(
    rows.map(({ agent, view, changes, session, mail }) => ({
      name: agent.name,
      rig: agent.rig,
      branch: view.branch,
      path: join(access.town.root, agent.address),
      has_session: session !== undefined,
      git_clean: view.dirty.length === 0,
      hook: view.bead,
      ...(isStatus ? { ...filesOf(changes), mail: mail.total, unread: mail.unread } : {}),
    })),
  );
  if (rows.length === 0) out.line("no crew");
  for (const { agent, view, changes, session, mail } of rows) {
    out.line(
      `${session === undefined ? "○" : "●"} ${agent.address}  ${view.branch ?? "?"}  ${view.bead === null ? "" : `${view.bead} ${sanitiseLine(view.title)}`}`,
    );
    if (isStatus) out.line(`  path  ${join(access.town.root, agent.address)}`);
    const { modified, untracked } = filesOf(changes);
    if (isStatus || changes.length > 0)
      out.line(`  ${plural(modified.length, "modified file")}, ${untracked.length} untracked`);
    if (!isStatus) continue;
    for (const { code, path } of changes.slice(0, 10)) out.line(`    ${code} ${sanitiseLine(path)}`);
    if (changes.length > 10) out.line(`    ... and ${changes.length - 10} more`);
    out.line(`  ${plural(mail.total, "message")}, ${mail.unread} unread`);
  }
}

/** The rig that is asked for, else the one at hand; undefined: all of them. */
function listedRig(context: CommandContext, town: Town): string | undefined {
  const { args, flags } = context;
  if (flags.boolean("all")) return undefined;
  const word = flags.string("rig") ?? args[0] ?? rigAtHand(context, town);
  return word === undefined ? undefined : town.rig(word).name;
}

function filesOf(changes: readonly ChangedFile[]): {
  readonly modified: readonly string[];
  readonly untracked: readonly string[];
} {
  const paths = (isUntracked: boolean): readonly string[] =>
    changes.filter(({ code }) => (code === "??") === isUntracked).map(({ path }) => path);
  return { modified: paths(false), untracked: paths(true) };
}

const noMail = { total: 0, unread: 0 };

async function mailOf({ ledger }: TownAccess, address: string): Promise<typeof noMail> {
  const { messages, unread } = await inboxView(ledger, address);
  return { total: messages.length, unread };
}
