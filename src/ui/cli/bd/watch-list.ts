import { watchLedger } from "../../../core/ledger/watch-ledger.ts";
import type { CommandContext } from "../command.ts";
import type { Workspace } from "./workspace.ts";

/** Shows again after every change of the ledger until a signal comes. */
export async function watchList(
  context: CommandContext,
  workspace: Workspace,
  show: () => Promise<void>,
): Promise<void> {
  const signal = context.untilSignal();
  let queue = Promise.resolve();
  let shownHead = -1;
  const refresh = async () => {
    const head = await workspace.ledger.head();
    if (head === shownHead || signal.aborted) return;
    if (shownHead !== -1) context.out.line();
    shownHead = head;
    await show();
  };
  const enqueue = () => {
    queue = queue.then(refresh);
  };
  const watcher = watchLedger(workspace.ledger, enqueue);
  enqueue();
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await watcher.close();
  await queue;
}
