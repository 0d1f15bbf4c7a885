import { existsSync } from "node:fs";
import { join } from "node:path";
import { runGit } from "../../core/git/git.ts";
import { inbox } from "../../core/mail/mailbox.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import type { TownAccess } from "../town-access.ts";
import { type HookView, hookView } from "./hook-view.ts";

const most = { modified: 10, inbox: 10, ready: 10, inProgress: 5 } as const;

/** What an agent has before it, as Markdown for its successor; sections without content are left out (spec/03 §8.4). */
export async function collectState(access: TownAccess, address: string): Promise<string> {
  const { ledger } = access;
  const rig = parseAddress(address)?.rig ?? "";
  const scope = rig === "" ? {} : { scope: rig };
  const view = await hookView(access, address);
  const mail = await inbox(ledger, address);
  const ready = await ledger.ready({ ...scope, limit: most.ready });
  const working = await ledger.find({
    ...{ assignee: address, status: "in_progress", limit: most.inProgress },
    sort: "updated",
  });
  const sections = [
    section("Workspace", await workspaceLines(access, address, view)),
    section("Hooked work", view.bead === null ? [] : [`${view.bead} ${sanitiseLine(view.title)}`]),
    section(
      "Inbox",
      mail.slice(0, most.inbox).map(({ from, subject }) => `${sanitiseLine(subject)} (from ${from})`),
    ),
    section("Ready", ready.map(titled)),
    section("In progress", working.map(titled)),
  ].filter((text) => text !== "");
  return sections.length === 0 ? "No active state to report." : sections.join("\n\n");
}

const titled = ({ id, title }: { readonly id: string; readonly title: string }): string =>
  `${id} ${sanitiseLine(title)}`;

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : [`## ${title}`, ...lines.map((line) => `- ${line}`)].join("\n");
}

async function workspaceLines(
  { town }: TownAccess,
  address: string,
  view: HookView,
): Promise<readonly string[]> {
  const parsed = parseAddress(address);
  const worktree = parsed === undefined ? undefined : agentHome(town, parsed);
  if (view.branch === null || worktree === undefined || !existsSync(join(worktree, ".git"))) return [];
  const ask = (...args: readonly string[]): Promise<string> => runGit(worktree, args).catch(() => "");
  const commits = (await ask("log", "-5", "--format=%h %s")).split("\n").filter((line) => line !== "");
  const stashes = (await ask("stash", "list")).split("\n").filter((line) => line !== "").length;
  const more = view.dirty.length > most.modified ? `, … ${view.dirty.length - most.modified} more` : "";
  return [
    `branch ${view.branch}`,
    ...(view.dirty.length === 0
      ? []
      : [`changed: ${view.dirty.slice(0, most.modified).map(sanitiseLine).join(", ")}${more}`]),
    ...(stashes === 0 ? [] : [`${stashes} stashed`]),
    ...((view.ahead ?? 0) === 0 ? [] : [`${view.ahead} commits that are not on the target`]),
    ...commits.map((line) => `commit ${sanitiseLine(line)}`),
  ];
}
