import { formatTime } from "../../../core/clock.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { polecatAddress } from "./polecat-argument.ts";

/** `gt polecat identity list` and `show` (spec/04 §3.8-3.9). */
export async function run(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const { town, ledger } = await context.access();
  if (context.words.at(-1) === "list") {
    const polecats = await ledger.agents({ rig: town.rig(args[0] ?? "").name, role: "polecat" });
    out.document(polecats.map((agent) => ({ id: agent.id, address: agent.address, state: agent.state })));
    for (const agent of polecats) out.line(`${agent.address}  ${agent.state}  ${agent.id}`);
    if (polecats.length === 0) out.line("no identities");
    return;
  }
  const address = polecatAddress(town, `${args[0]}/${args[1]}`);
  const agent = await ledger.agent(address);
  if (agent === undefined)
    throw new GtError("E_AGENT_NOT_FOUND", `there is no polecat ${address}`, {
      hint: `gt polecat identity list ${town.rig(args[0] ?? "").name}`,
    });
  const { namesOf, workHistory } = await import("../../../agents/lifecycle/work-history.ts");
  const history = await workHistory({ town, ledger }, address);
  const { authorHistory } = await import("../../../core/git/author-history.ts");
  const names = await namesOf(ledger, address);
  const commits = await authorHistory(town.rig(args[0] ?? "").repository, ...names);
  out.document({
    ...{ address, id: agent.id, state: agent.state, former_names: names.slice(1) },
    ...{ sessions: history.sessions, completed: history.completed, open: history.open },
    ...{ failed: history.failed, abandoned: history.abandoned, merged: history.merged },
    first_pass_rate: history.firstPassRate ?? null,
    average_minutes: history.averageMinutes ?? null,
    kinds: history.types,
    commits: commits.commits,
    languages: Object.fromEntries(commits.extensions),
    work_types: Object.fromEntries(commits.kinds),
    last: history.last.map(({ bead, title, closedAt }) => ({
      ...{ bead, title, closed_at: formatTime(closedAt) },
    })),
  });
  out.line(`😺 ${address}  ${agent.state}`);
  if (names.length > 1) out.line(`  formerly       ${names.slice(1).join(", ")}`);
  out.line(`  completed      ${history.completed} (${history.open} open)`);
  out.line(`  merged         ${history.merged}`);
  out.line(`  failed         ${history.failed}, abandoned ${history.abandoned}`);
  out.line(`  sessions       ${history.sessions}`);
  if (history.firstPassRate !== undefined)
    out.line(`  first pass     ${Math.round(history.firstPassRate * 100)} %`);
  if (history.averageMinutes !== undefined)
    out.line(`  average        ${history.averageMinutes.toFixed(1)} minutes`);
  const types = Object.entries(history.types).map(([type, count]) => `${count} ${type}`);
  if (types.length > 0) out.line(`  kinds          ${types.join(", ")}`);
  const some = (counts: readonly (readonly [string, number])[]): string =>
    counts
      .slice(0, 6)
      .map(([name, count]) => `${count} ${sanitiseLine(name)}`)
      .join(", ");
  out.line(
    `  commits        ${commits.commits}${commits.kinds.length === 0 ? "" : `: ${some(commits.kinds)}`}`,
  );
  if (commits.extensions.length > 0) out.line(`  languages      ${some(commits.extensions)}`);
  for (const item of history.last) out.line(`  ✓ ${item.bead} ${sanitiseLine(item.title)}`);
}
