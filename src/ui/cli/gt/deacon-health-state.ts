import { lifePrefix } from "../../../agents/patrols/ask-for-life.ts";
import { formatTime } from "../../../core/clock.ts";
import { formatAgo } from "../../../core/duration.ts";
import type { LifeRecord } from "../../../core/health/sign-of-life.ts";
import type { CommandContext } from "../command.ts";

/** `gt deacon health-state` (spec/04 §10.1). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const ledger = await context.ledger();
  const rows = await ledger.rows<LifeRecord>("patrols", { prefix: lifePrefix });
  out.document(
    rows.map(({ key, value }) => ({
      address: key.slice(lifePrefix.length),
      failures: value.failures,
      asked_at: formatTime(value.askedAt),
    })),
  );
  for (const { key, value } of rows)
    out.line(
      `${key.slice(lifePrefix.length).padEnd(28)} ${value.failures === 0 ? "well" : countOf(value.failures)}  ${formatAgo(Date.now() - value.askedAt)}`,
    );
  if (rows.length === 0) out.line("nobody was asked yet");
}

const countOf = (failures: number): string => (failures === 1 ? "1 silence" : `${failures} silences`);
