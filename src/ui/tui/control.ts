import type { AgentView } from "../../agents/patrols/agent-health.ts";
import type { PaneSet } from "./panes/pane-set.ts";
import { paneLimit, panesOf, removeFromTree, replaceInTree, splitTree } from "./panes/pane-tree.ts";
import type { RunCommand } from "./run-command.ts";
import { lineOf } from "./store/line-editor.ts";
import { History } from "./store/history.ts";
import type { Overlay, Toast } from "./store/state.ts";
import type { Store } from "./store/store.ts";
import { type Command, shownCommand, undoOf } from "./undo.ts";
import type { Detail } from "./views/detail.ts";
import { explainAgent } from "./views/explain.ts";

export interface ControlOptions {
  readonly store: Store;
  readonly panes: PaneSet;
  readonly run: RunCommand;
  readonly quit: () => void;
  readonly suspend: () => void;
  /** Puts text on the person's clipboard. */
  readonly copy: (text: string) => void;
  /** Reads everything anew. */
  readonly refresh: () => void;
}

const toastMs = 6000;
const badToastMs = 12_000;

/** What keys, mouse and palette can do to the TUI and the town. */
export class Control {
  readonly store: Store;
  readonly panes: PaneSet;
  readonly quit: () => void;
  readonly suspend: () => void;
  readonly copy: (text: string) => void;
  readonly refresh: () => void;
  private readonly run: RunCommand;
  private toastCount = 0;
  private readonly histories = { nudge: new History(), palette: new History() };

  constructor(options: ControlOptions) {
    this.store = options.store;
    this.panes = options.panes;
    this.run = options.run;
    this.quit = options.quit;
    this.suspend = options.suspend;
    this.copy = options.copy;
    this.refresh = options.refresh;
  }

  history(of: "nudge" | "palette"): History {
    return this.histories[of];
  }

  /** Shows a line for a while. */
  toast(tone: Toast["tone"], text: string, { command = "", hint = "" } = {}): void {
    const id = this.show(tone, text, { command, hint });
    setTimeout(() => this.dropToast(id), tone === "bad" ? badToastMs : toastMs).unref();
  }

  /** Shows a line until its number is taken back. */
  private show(tone: Toast["tone"], text: string, { command = "", hint = "" } = {}): number {
    const id = ++this.toastCount;
    this.store.set((state) => ({ toasts: [...state.toasts, { id, tone, text, command, hint }] }));
    return id;
  }

  /** Runs a `gt` command; the last line of its output becomes a toast that shows the command. */
  gt(args: readonly string[]): Promise<boolean> {
    return this.execute({ program: "gt", args });
  }

  async execute(command: Command): Promise<boolean> {
    const shown = shownCommand(command);
    const running = this.show("news", `running ${shown}`);
    const { code, lines } = await this.run(command.program, command.args);
    this.dropToast(running);
    const said = lines.filter((line) => line.trim() !== "");
    const error = said.find((line) => line.startsWith("error:"));
    if (code === 0) {
      this.remember(command);
      this.toast("good", plainDone(said.at(-1) ?? "done"), { command: shown });
    } else {
      const hint = said.find((line) => line.startsWith("hint:")) ?? "";
      const text = (error ?? said.at(-1) ?? `exit ${code}`).replace(/^error: /, "");
      this.toast("bad", text, { command: shown, hint: hint.replace(/^hint: /, "") });
    }
    this.refresh();
    return code === 0;
  }

  /** Runs any command and shows all of its output; who has closed it meanwhile is told the end of it. */
  async showOutput(program: "gt" | "bd", args: readonly string[]): Promise<void> {
    const { store } = this;
    const command = [program, ...args].join(" ");
    const show = (title: string, lines: readonly string[]) =>
      store.set({ overlay: { kind: "text", title, lines, scroll: 0 } });
    show(command, ["running…"]);
    const { code, lines } = await this.run(program, args);
    if (code === 0) this.remember({ program, args });
    const { overlay } = store.snapshot();
    if (overlay?.kind === "text" && overlay.title === command)
      show(`${command}${code === 0 ? "" : ` (exit ${code})`}`, lines);
    else
      this.toast(code === 0 ? "good" : "bad", lines.findLast((line) => line.trim() !== "") ?? "done", {
        command,
      });
    this.refresh();
  }

  /** Asks, and takes the last command back that can be. */
  undo(): void {
    const { done } = this.store.snapshot();
    const undo = done && undoOf(done);
    if (done === undefined || undo === undefined) {
      this.toast("news", "there is nothing that could be taken back");
      return;
    }
    this.store.set({
      overlay: {
        kind: "confirm",
        title: "Take back?",
        lines: [`You ran: ${shownCommand(done)}`],
        program: undo.program,
        command: undo.args,
      },
    });
  }

  private remember(command: Command): void {
    if (undoOf(command) !== undefined) this.store.set({ done: command });
  }

  /** Opens (or focuses) the agent's live terminal. */
  openPane(agent: AgentView, place: "replace" | "right" | "down"): void {
    const { store, panes } = this;
    const state = store.snapshot();
    if (!hasSession(agent)) {
      if (isBuiltin(agent)) this.explain(explainAgent(agent, state.town, state.now));
      else this.offerStart(agent);
      return;
    }
    const open = panesOf(state.paneTree);
    if (!open.includes(agent.address)) {
      if (place !== "replace" && open.length >= paneLimit) {
        this.toast("bad", `${paneLimit} panes are open; close one with X`);
        return;
      }
      const replaced = place === "replace" ? this.paneToReplace(open) : undefined;
      const tree =
        replaced !== undefined && state.paneTree !== undefined
          ? replaceInTree(state.paneTree, replaced, agent.address)
          : splitTree(state.paneTree, agent.address, place === "down" ? "down" : "right", open.at(-1));
      if (replaced !== undefined) this.dropPane(replaced);
      store.set({ paneTree: tree });
      // The pane asks the layout for its size, so the focus (which decides what is visible) comes first.
      this.typeInto(agent.address);
      panes.open(agent.address, agent.session);
    }
    this.typeInto(agent.address);
    panes.fit();
  }

  typeInto(address: string): void {
    this.panes.deselect(address);
    this.store.set({ view: "activity", focus: { pane: address, mode: "type" }, leftPane: undefined });
  }

  closePane(address: string): void {
    const { store } = this;
    this.dropPane(address);
    store.set((state) => ({
      paneTree: removeFromTree(state.paneTree, address),
      isZoomed: false,
      leftPane: undefined,
      ...("pane" in state.focus && state.focus.pane === address
        ? { focus: { panel: "agents" } as const }
        : {}),
    }));
    this.panes.fit();
  }

  /** Puts what is selected in a pane, or in view, on the clipboard. */
  copyFrom(address: string): void {
    const text = this.panes.get(address)?.text() ?? "";
    if (text === "") {
      this.toast("news", "nothing to copy");
      return;
    }
    this.copy(text);
    const lines = text.split("\n").length;
    this.toast("good", lines === 1 ? `copied ${text.length} characters` : `copied ${lines} lines`);
  }

  /** For who has no session. Work that rests goes on by a resume: a mere session would find it suspended. */
  offerStart(agent: AgentView): void {
    if (isSuspended(agent)) {
      const why = agent.reason === "" ? agent.tag : agent.reason;
      this.confirm(
        `Resume ${agent.name}?`,
        [`Its work rests: ${why}.`, `A session starts and goes on with ${agent.bead}.`],
        ["hook", "resume", agent.address],
      );
      return;
    }
    const command = ["session", "start", agent.address];
    this.store.set({
      overlay: {
        kind: "confirm",
        title: `Start a session for ${agent.name}?`,
        lines: ["It has none; a fresh one reads what is known and goes on with its work."],
        command,
      },
    });
  }

  /** A line to type, which becomes the last argument of a `gt` command. */
  ask(question: Omit<Extract<Overlay, { kind: "ask" }>, "kind">): void {
    this.store.set({ overlay: { kind: "ask", ...question } });
  }

  /** A command in the palette, to be finished by the person. */
  compose(line: string): void {
    this.store.set({ overlay: { kind: "palette", editor: lineOf(line), selected: 0 } });
  }

  /** Asks before a command is run; no is the answer to everything but y. */
  confirm(title: string, lines: readonly string[], command: readonly string[]): void {
    this.store.set({ overlay: { kind: "confirm", title, lines, command } });
  }

  /** Text above everything else. */
  explain(detail: Detail): void {
    this.store.set({ overlay: { kind: "text", ...detail, scroll: 0 } });
  }

  private dropToast(id: number): void {
    this.store.set((state) => ({ toasts: state.toasts.filter((toast) => toast.id !== id) }));
  }

  private dropPane(address: string): void {
    this.panes.close(address);
    this.store.set((state) => {
      const rest = new Map(state.panes);
      rest.delete(address);
      return { panes: rest };
    });
  }

  /** With two panes side by side, opening another agent takes the place of the last one that was not focused. */
  private paneToReplace(open: readonly string[]): string | undefined {
    return open.length >= 2 ? open.at(-1) : undefined;
  }
}

/** Roles whose work is done by the daemon unless a session runs for them (spec/04 §1.1). */
export function isBuiltin(agent: AgentView): boolean {
  return ["deacon", "boot", "dog", "witness", "refinery"].includes(agent.role);
}

/** Work is on its hook and rests there: stuck, paused, or at a gate (spec/04 §1.5). */
export function isSuspended(agent: AgentView): boolean {
  return agent.hook === "suspended" && agent.bead !== "";
}

export function hasSession(agent: AgentView): boolean {
  return agent.phase !== undefined && agent.phase !== "exited";
}

function plainDone(text: string): string {
  return text.replace(/^[✓→]\s*/, "");
}
