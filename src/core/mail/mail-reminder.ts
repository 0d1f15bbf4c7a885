import { sanitiseLine } from "../sanitise.ts";
import type { Message } from "./message.ts";

const maxRows = 10;

export interface MailReminder {
  readonly lines: readonly string[];
  /** The messages that the lines name. */
  readonly named: readonly Message[];
}

/**
 * What an agent is told of its unread mail at a prompt: subjects only, as data, never a body (spec/06 §4). `worthy` are
 * those worth naming now, of which the most urgent are named; undefined when there are none.
 */
export function mailReminder(
  unread: readonly Message[],
  worthy: readonly Message[],
): MailReminder | undefined {
  if (worthy.length === 0) return undefined;
  const of = (priority: Message["priority"]) =>
    worthy.filter((message) => message.priority === priority).slice(0, maxRows);
  const urgent = of("urgent");
  const high = of("high");
  const finish = "Finish the current task, then run gt mail inbox before you go idle.";
  if (urgent.length > 0) {
    const named = [...urgent, ...high];
    return {
      named,
      lines: [
        `URGENT: ${urgent.length} message${urgent.length === 1 ? " needs" : "s need"} attention now.`,
        ...urgent.map(row),
        ...(high.length === 0
          ? []
          : [`Also ${high.length} high-priority, before you go idle:`, ...high.map(row)]),
        ...more(unread, named, "more, after the current task"),
        `Read them now: gt mail read ${urgent[0]?.id ?? "<id>"}`,
      ],
    };
  }
  if (high.length > 0) {
    const first = `${high.length} high-priority message${high.length === 1 ? "" : "s"} in your inbox.`;
    return { named: high, lines: [first, ...high.map(row), ...more(unread, high, "more"), finish] };
  }
  const named = worthy.slice(0, maxRows);
  const first = `${unread.length} unread message${unread.length === 1 ? "" : "s"} in your inbox.`;
  return { named, lines: [first, ...named.map(row), ...more(unread, named, "more"), finish] };
}

/** When each message was last announced to a session, by id. */
export type Announced = Readonly<Record<string, number>>;

const repeatAfterMs = 10 * 60_000;

/** Naming all unread mail at every prompt would burn the agent's context: urgent always, others once in ten minutes. */
export function worthNaming(
  unread: readonly Message[],
  announced: Announced,
  now: number,
): readonly Message[] {
  return unread.filter((message) => {
    const last = announced[message.id];
    return message.priority === "urgent" || last === undefined || now - last >= repeatAfterMs || last > now;
  });
}

const row = (message: Message): string =>
  `- ${message.id} from ${asData(message.from)}: ${asData(message.subject)}`;

function more(unread: readonly Message[], named: readonly Message[], words: string): readonly string[] {
  const rest = unread.length - named.length;
  return rest > 0 ? [`(+${rest} ${words})`] : [];
}

/** One line that cannot open or close a block of ours. */
export function asData(text: string): string {
  return sanitiseLine(text).replaceAll("<", "‹").replaceAll(">", "›");
}
