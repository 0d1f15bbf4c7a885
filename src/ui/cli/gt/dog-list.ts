import { dogs } from "../../../agents/dogs/dog-pool.ts";
import { readDogs } from "../../../agents/dogs/dog-record.ts";
import { liveSession } from "../../../agents/lifecycle/agent-session.ts";
import { formatTime } from "../../../core/clock.ts";
import { formatAgo, formatSpan } from "../../../core/duration.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt dog list` and `gt dog status` (spec/04 §10.3). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const [name] = context.args;
  const access = await context.access();
  const all = (await dogs(access)).filter((dog) => name === undefined || dog.name === name);
  if (name !== undefined && all.length === 0)
    throw new GtError("E_DOG_NOT_FOUND", `there is no dog ${name}`, { hint: "gt dog list" });
  const records = await readDogs(access.ledger);
  const now = access.clock.now();
  const documents: object[] = [];
  for (const dog of all) {
    const record = records.get(dog.name);
    const session = await liveSession(access, dog.address).catch(() => undefined);
    documents.push({
      name: dog.name,
      address: dog.address,
      state: dog.state,
      work: record?.job?.work ?? null,
      bead: dog.hookBead || null,
      work_started_at: record?.job === undefined ? null : formatTime(record.job.startedAt),
      last_active: record === undefined ? null : formatTime(record.lastActiveAt),
      last: record?.last ?? null,
      session: session === undefined ? null : { name: session.session, phase: session.phase },
    });
    const doing =
      record?.job === undefined
        ? `idle, ${formatAgo(now - (record?.lastActiveAt ?? now))}`
        : `${sanitiseLine(record.job.work)} for ${formatSpan(now - record.job.startedAt)}`;
    const ended =
      record?.last === undefined ? "" : `  (${sanitiseLine(record.last.work)}: ${record.last.result})`;
    out.line(`🐕 ${dog.name.padEnd(10)} ${doing}${ended}`);
  }
  if (all.length === 0) out.line("no dogs: they are made when there is a chore");
  out.document(name === undefined ? documents : documents[0]);
}
