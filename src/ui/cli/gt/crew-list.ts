import { join } from "node:path";
import { hookView } from "../../../agents/lifecycle/hook-view.ts";
import { liveSession } from "../../../agents/lifecycle/agent-session.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import { inboxView } from "../../../core/mail/mailbox.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { memberOf } from "./crew-argument.ts";

/** `gt crew list` and `gt crew status` (spec/04 §4). */
export async function run(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const access = await context.access();
  const isStatus = context.words.at(-1) === "status";
  const member = isStatus && args[0] !== undefined ? await memberOf(context, args[0]) : undefined;
  const rig = !isStatus && args[0] !== undefined ? access.town.rig(args[0]).name : undefined;
  const crew = (await access.ledger.agents({ role: "crew" })).filter(
    (agent) =>
      agent.state !== "nuked" &&
      (rig === undefined || agent.rig === rig) &&
      (member === undefined || agent.address === member.address),
  );
  const rows = [];
  for (const agent of crew) {
    const view = await hookView(access, agent.address);
    const session = await liveSession(access, agent.address);
    rows.push({ agent, view, session, mail: isStatus ? await mailOf(access, agent.address) : noMail });
  }
  out.document(
    rows.map(({ agent, view, session, mail }) => ({
      name: agent.name,
      rig: agent.rig,
      branch: view.branch,
      path: join(access.town.root, agent.address),
      has_session: session !== undefined,
      git_clean: view.dirty.length === 0,
      hook: view.bead,
      ...(isStatus ? { changes: view.dirty, mail: mail.total, unread: mail.unread } : {}),
    })),
  );
  if (rows.length === 0) out.line("no crew");
  for (const { agent, view, session, mail } of rows) {
    out.line(
      `${session === undefined ? "○" : "●"} ${agent.address}  ${view.branch ?? "?"}  ${view.bead === null ? "" : `${view.bead} ${sanitiseLine(view.title)}`}`,
    );
    if (isStatus || view.dirty.length > 0) out.line(`  ${view.dirty.length} uncommitted files`);
    if (!isStatus) continue;
    for (const path of view.dirty.slice(0, 10)) out.line(`    ${sanitiseLine(path)}`);
    out.line(`  ${mail.total} messages, ${mail.unread} unread`);
  }
}

const noMail = { total: 0, unread: 0 };

async function mailOf({ ledger }: TownAccess, address: string): Promise<typeof noMail> {
  const { messages, unread } = await inboxView(ledger, address);
  return { total: messages.length, unread };
}
