import { costLines, localDay } from "../../../agents/costs/cost-ledger.ts";
import { type PriceList, readPrices } from "../../../agents/costs/pricing.ts";
import { measureCosts, subjectOfAgent } from "../../../agents/costs/record-costs.ts";
import { hostSnapshot } from "../../../agents/patrols/agent-health.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { numberSetting } from "../../../core/town/setting.ts";
import type { CommandContext } from "../command.ts";

/** One row; `usd` is null when nobody knows. */
interface Row {
  readonly session: string;
  readonly role: string;
  readonly rig: string;
  readonly worker: string;
  readonly usd: number | null;
  readonly isGuess: boolean;
  readonly running: boolean;
}

const dayMs = 86_400_000;

/** `gt costs` (spec/06 §13.5). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  if (flags.boolean("today") && flags.boolean("week"))
    throw usageError("--today and --week exclude each other", { hint: "gt costs --today" });
  const period = flags.boolean("today") ? "today" : flags.boolean("week") ? "week" : "running";
  const town = await context.town();
  const prices = readPrices(town);
  const rows = period === "running" ? await runningRows(context) : await bookedRows(context, period);
  const total = rows.reduce((sum, row) => sum + (row.usd ?? 0), 0);
  out.document({
    sessions: rows.map(({ usd, isGuess, ...row }) => ({ ...row, cost_usd: usd, estimated: isGuess })),
    total_usd: total,
    by_role: Object.fromEntries(sums(rows, "role")),
    by_rig: Object.fromEntries(sums(rows, "rig")),
    period,
  });
  for (const key of ["role", "rig"] as const) {
    if (!flags.boolean(`by-${key}`)) continue;
    for (const [name, usd] of sums(rows, key)) out.line(`${(name || "(town)").padEnd(20)} ${dollars(usd)}`);
  }
  if (!flags.boolean("by-role") && !flags.boolean("by-rig")) for (const row of rows) out.line(line(row));
  const isKnown = rows.some(({ usd }) => usd !== null);
  out.line(
    rows.length === 0 ? nothing(period) : `Total ${isKnown ? dollars(total) : "-"} (${words[period]})`,
  );
  const budget = numberSetting(town.settings(), "budget.daily_usd");
  if (budget > 0 && period === "today") out.line(`Budget of a day: ${dollars(budget)}`);
  if (context.verbose || flags.boolean("verbose")) tellPrices(context, prices);
}

const words = { today: "today", week: "last 7 days", running: "running sessions" } as const;

function nothing(period: keyof typeof words): string {
  return period === "running" ? "No agent sessions that cost anything are running." : "Nothing was spent.";
}

async function runningRows(context: CommandContext): Promise<readonly Row[]> {
  const access = await context.access();
  const [agents, host] = await Promise.all([access.ledger.agents(), hostSnapshot(access)]);
  const rows: Row[] = [];
  for (const agent of agents) {
    const subject = await subjectOfAgent(access, agent, context.env);
    const record = host.sessions.get(subject.session);
    if (record === undefined || record.phase === "exited" || subject.provider === "shell") continue;
    const measured = measureCosts(access, subject);
    rows.push({
      ...{ session: subject.session, role: agent.role, rig: agent.rig, worker: agent.name, running: true },
      usd: measured?.usd ?? null,
      isGuess: measured?.isGuess ?? false,
    });
  }
  return rows.toSorted((one, other) => one.session.localeCompare(other.session));
}

async function bookedRows(context: CommandContext, period: "today" | "week"): Promise<readonly Row[]> {
  const access = await context.access();
  const from = localDay(access.clock.now() - (period === "week" ? 6 * dayMs : 0));
  const [lines, host] = await Promise.all([costLines(access.ledger, from), hostSnapshot(access)]);
  return [...Map.groupBy(lines, (each) => each.session || each.actor)]
    .map(([session, of]): Row => {
      const known = of.filter((each) => each.usd !== null);
      return {
        session,
        role: of[0]?.role ?? "",
        rig: of[0]?.rig ?? "",
        worker: of[0]?.actor.split("/").at(-1) ?? "",
        usd: known.length === 0 ? null : known.reduce((sum, each) => sum + (each.usd ?? 0), 0),
        isGuess: of.some((each) => each.isGuess),
        running: (host.sessions.get(session)?.phase ?? "exited") !== "exited",
      };
    })
    .toSorted((one, other) => (other.usd ?? 0) - (one.usd ?? 0));
}

function sums(rows: readonly Row[], key: "role" | "rig"): readonly (readonly [string, number])[] {
  return [...Map.groupBy(rows, (row) => row[key])]
    .map(([name, of]) => [name, of.reduce((sum, row) => sum + (row.usd ?? 0), 0)] as const)
    .toSorted(([, one], [, other]) => other - one);
}

function line({ session, role, rig, worker, usd, isGuess, running }: Row): string {
  const cost = usd === null ? "-" : `${isGuess ? "~" : ""}${dollars(usd)}`;
  const text = [session.padEnd(22), role.padEnd(9), rig.padEnd(14), worker.padEnd(12), cost.padStart(9)];
  return sanitiseLine(`${text.join(" ")}${running ? " ●" : ""}`);
}

const dollars = (usd: number): string => `$${usd.toFixed(2)}`;

function tellPrices({ out }: CommandContext, { date, prices }: PriceList): void {
  out.line();
  out.line(`Prices of ${date} in USD per million tokens; your own in settings/pricing.json win`);
  out.table(
    ["MODEL", "INPUT", "OUTPUT", "CACHE READ", "CACHE WRITE"],
    [...prices].map(([model, { input, output, cacheRead, cacheWrite }]) => [
      sanitiseLine(model),
      ...[input, output, cacheRead, cacheWrite].map(String),
    ]),
  );
}
