import { openOperations, type OperationKind } from "../../../agents/lifecycle/operation-record.ts";
import type { Ledger } from "../../../core/ledger/ledger.ts";
import { levelInForce, quietRigs } from "../../../core/town/quiet-rigs.ts";
import type { Town } from "../../../core/town/town.ts";

/** What is known of an agent beside its health. */
export interface AgentNotes {
  /** What a command does with it now, as the ledger's journal has it. */
  readonly operation: AgentOperation | undefined;
  readonly unreadMail: number;
  /** It is not to be disturbed (spec/06 §7.1). */
  readonly isMuted: boolean;
}

export interface AgentOperation {
  readonly kind: OperationKind;
  /** The step that was begun last. */
  readonly step: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Why the command gave up; recovery goes on. Empty while it runs. */
  readonly error: string;
}

/** More unread mail than this is not counted to the last one: the view is read several times a second. */
const mostMail = 500;

/** Notes of the agents that have any, by address. */
export async function readAgentNotes(town: Town, ledger: Ledger): Promise<ReadonlyMap<string, AgentNotes>> {
  const [operations, quiet, agents, mail] = await Promise.all([
    openOperations(ledger),
    quietRigs(town, ledger),
    ledger.agents(),
    ledger.find({ type: "message", status: ["open", "hooked"], notLabel: ["read"], limit: mostMail }),
  ]);
  const running = new Map(
    operations.map(({ value: { subject, kind, step, startedAt, error } }) => [
      subject.agent,
      { kind, step, since: startedAt, error: error ?? "" } satisfies AgentOperation,
    ]),
  );
  const unread = new Map<string, number>();
  for (const { assignee } of mail) unread.set(assignee, (unread.get(assignee) ?? 0) + 1);
  const notes = agents.map((agent): AgentNotes & { readonly address: string } => ({
    address: agent.address,
    operation: running.get(agent.address),
    unreadMail: unread.get(agent.address) ?? 0,
    isMuted: levelInForce(agent, quiet) === "muted",
  }));
  return new Map(
    notes
      .filter(({ operation, unreadMail, isMuted }) => operation !== undefined || unreadMail > 0 || isMuted)
      .map(({ address, ...rest }) => [address, rest]),
  );
}
