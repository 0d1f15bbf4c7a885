import {
  type Command,
  emptyTarget,
  type Probe,
  type QueueState,
  type Run,
  type TargetState,
} from "./queue-state.ts";

/** The state of the queue while one step changes it, and the commands that the step gives. It decides nothing. */
export class QueueDraft {
  readonly #commands: Command[] = [];
  state: QueueState;

  constructor(state: QueueState) {
    this.state = state;
  }

  get run(): Run | null {
    return this.state.run;
  }

  get commands(): readonly Command[] {
    return this.#commands;
  }

  do(command: Command): void {
    this.#commands.push(command);
  }

  cancel(prefix: number): void {
    const probe = this.run?.probes[prefix];
    if (probe === undefined) return;
    this.setProbe(prefix, { ...probe, flying: false });
    this.do({ do: "cancel", prefix });
  }

  cancelFlights(run: Run): void {
    for (const [prefix, probe] of run.probes.entries()) if (probe.flying) this.cancel(prefix);
  }

  leaveQueue(ids: readonly string[]): void {
    this.state = { ...this.state, queue: this.state.queue.filter((mr) => !ids.includes(mr.id)) };
  }

  carry(ids: readonly string[]): void {
    for (const mr of this.state.queue)
      if (ids.includes(mr.id) && !mr.carried) this.replace({ ...mr, carried: true });
  }

  replace(mr: QueueState["queue"][number]): void {
    const queue = this.state.queue.map((other) => (other.id === mr.id ? mr : other));
    this.state = { ...this.state, queue };
  }

  decided(target: string, culprits: readonly boolean[]): void {
    this.patchTarget(target, { decided: [...this.target(target).decided, ...culprits].slice(-50) });
  }

  target(target: string): TargetState {
    return this.state.targets[target] ?? emptyTarget;
  }

  patchTarget(target: string, patch: Partial<TargetState>): void {
    this.setTarget(target, { ...this.target(target), ...patch });
  }

  setTarget(target: string, value: TargetState): void {
    this.state = { ...this.state, targets: { ...this.state.targets, [target]: value } };
  }

  setRun(run: Run | null): void {
    this.state = { ...this.state, run };
  }

  setProbe(prefix: number, probe: Probe): void {
    const { run } = this.state;
    if (run === null) return;
    this.setRun({ ...run, probes: run.probes.map((other, index) => (index === prefix ? probe : other)) });
  }
}
