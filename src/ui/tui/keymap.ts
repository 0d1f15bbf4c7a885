import { selectedAgent } from "./store/rows.ts";
import type { PanelName, TuiState } from "./store/state.ts";

/** Where a key works: a panel, every list, a session pane that is looked at or typed into, or everywhere but in a typed-in pane. */
export type Place = PanelName | "list" | "look" | "type" | "anywhere";

export type ActionName =
  | "open"
  | "detail"
  | "nudge"
  | "handoff"
  | "splitRight"
  | "splitDown"
  | "zoom"
  | "closePane"
  | "look"
  | "typeHere"
  | "copy"
  | "search"
  | "searchOlder"
  | "searchNewer"
  | "leavePane"
  | "sendEscapeKey"
  | "problems"
  | "beads"
  | "convoy"
  | "queue"
  | "inbox"
  | "log"
  | "showBead"
  | "createBead"
  | "editBead"
  | "slingBead"
  | "bundleBead"
  | "launchConvoy"
  | "pauseConvoy"
  | "addToConvoy"
  | "rankMerge"
  | "showGates"
  | "exportLog"
  | "closeBead"
  | "retryMerge"
  | "rejectMerge"
  | "readMail"
  | "replyMail"
  | "acknowledgeMail"
  | "closeMail"
  | "restart"
  | "stop"
  | "acknowledge"
  | "mark"
  | "filter"
  | "chooseFilter"
  | "clear"
  | "palette"
  | "help"
  | "refresh"
  | "undo"
  | "nextPart"
  | "previousPart"
  | "panel1"
  | "panel2"
  | "panel3"
  | "pane1"
  | "pane2"
  | "pane3"
  | "pane4"
  | "pane5"
  | "pane6"
  | "down"
  | "up"
  | "pageDown"
  | "pageUp"
  | "top"
  | "bottom"
  | "expand"
  | "collapse"
  | "quit"
  | "quitNow"
  | "suspend";

/** One row of the table that feeds the key handler, the footer, the help view and docs/keys.md. */
export interface Binding {
  readonly action: ActionName;
  readonly keys: readonly string[];
  readonly place: Place;
  /** One sentence for the help. */
  readonly help: string;
  /** Word in the footer; without it the key is shown in the help only. */
  readonly footer?: string;
  /** Where the key means this only at times, whether it does now. */
  readonly when?: (state: TuiState) => boolean;
  /** Whether the footer has a use for it now. */
  readonly isUseful?: (state: TuiState) => boolean;
}

const hasAgent = (state: TuiState) => selectedAgent(state) !== undefined;
const hasSearched = (state: TuiState) => state.search !== "";
const hasPane = (state: TuiState) => {
  const agent = selectedAgent(state);
  return agent !== undefined && state.panes.has(agent.address);
};

/** In the order of the footer: most useful first. */
export const keymap: readonly Binding[] = [
  {
    action: "leavePane",
    keys: ["ctrl-]"],
    place: "type",
    footer: "leave",
    help: "Leave the session and go back to the lists",
  },

  {
    action: "open",
    keys: ["enter"],
    place: "agents",
    footer: "open",
    help: "Open the agent's live terminal and type into it",
  },
  {
    action: "detail",
    keys: ["enter"],
    place: "convoys",
    footer: "show",
    help: "Show the convoy's beads and what each waits for",
  },
  { action: "detail", keys: ["enter"], place: "feed", footer: "show", help: "Show the whole event" },
  {
    action: "chooseFilter",
    keys: ["f"],
    place: "feed",
    footer: "choose",
    help: "Choose what is shown: categories, rigs, agents, times",
  },
  {
    action: "open",
    keys: ["enter"],
    place: "problems",
    footer: "attach",
    help: "Open the agent's live terminal",
  },
  {
    action: "convoy",
    keys: ["c"],
    place: "convoys",
    footer: "waves",
    help: "Show the convoy by waves, and go back",
  },
  {
    action: "showBead",
    keys: ["enter"],
    place: "beads",
    footer: "show",
    help: "Show the bead with its dependencies and history",
  },
  {
    action: "slingBead",
    keys: ["s"],
    place: "beads",
    footer: "sling",
    help: "Give the bead to an agent or a rig",
  },
  {
    action: "createBead",
    keys: ["+"],
    place: "beads",
    footer: "new",
    help: "Make a bead: its title, then what else bd create takes",
  },
  { action: "editBead", keys: ["e"], place: "beads", footer: "edit", help: "Change the bead" },
  {
    action: "bundleBead",
    keys: ["v"],
    place: "beads",
    footer: "convoy",
    help: "Add the bead to a convoy",
  },
  { action: "closeBead", keys: ["x"], place: "beads", footer: "close", help: "Close the bead (asks first)" },
  {
    action: "showBead",
    keys: ["enter"],
    place: "convoy",
    footer: "show",
    help: "Show the bead with its dependencies and history",
  },
  {
    action: "slingBead",
    keys: ["s"],
    place: "convoy",
    footer: "sling",
    help: "Give the bead to an agent or a rig",
  },
  {
    action: "open",
    keys: ["o"],
    place: "convoy",
    footer: "open agent",
    help: "Open the terminal of the agent that holds the bead",
  },
  {
    action: "launchConvoy",
    keys: ["L"],
    place: "convoy",
    footer: "launch",
    help: "Start a staged convoy (asks first)",
  },
  {
    action: "pauseConvoy",
    keys: ["P"],
    place: "convoy",
    footer: "pause",
    help: "Give nothing more of the mountain out (asks first)",
  },
  {
    action: "addToConvoy",
    keys: ["+"],
    place: "convoy",
    footer: "add",
    help: "Track another bead in the convoy",
  },
  { action: "showBead", keys: ["enter"], place: "queue", footer: "show", help: "Show the merge request" },
  { action: "retryMerge", keys: ["r"], place: "queue", footer: "retry", help: "Try the merge request again" },
  {
    action: "rejectMerge",
    keys: ["x"],
    place: "queue",
    footer: "reject",
    help: "Take the merge request out of the queue (asks first)",
  },
  {
    action: "rankMerge",
    keys: ["+"],
    place: "queue",
    footer: "priority",
    help: "Change the merge request's priority",
  },
  {
    action: "showGates",
    keys: ["o"],
    place: "queue",
    footer: "output",
    help: "Show what the gates wrote",
  },
  {
    action: "readMail",
    keys: ["enter"],
    place: "inbox",
    footer: "read",
    help: "Read the whole message or escalation",
  },
  {
    action: "replyMail",
    keys: ["r"],
    place: "inbox",
    footer: "reply",
    help: "Answer who wrote it",
  },
  {
    action: "acknowledgeMail",
    keys: ["a"],
    place: "inbox",
    footer: "seen",
    help: "Acknowledge the escalation, or mark the message as read",
  },
  {
    action: "closeMail",
    keys: ["x"],
    place: "inbox",
    footer: "close",
    help: "Close the escalation (asks what was done), or archive the message",
  },
  { action: "detail", keys: ["enter"], place: "log", footer: "show", help: "Show the whole event" },
  {
    action: "chooseFilter",
    keys: ["f"],
    place: "log",
    footer: "choose",
    help: "Choose what is shown: categories, rigs, agents, times, the audit",
  },
  {
    action: "exportLog",
    keys: ["e"],
    place: "log",
    footer: "export",
    help: "Write what is shown to a new file, one JSON object a line",
  },
  {
    action: "copy",
    keys: ["y"],
    place: "look",
    footer: "copy",
    help: "Copy the selection, or what is in view, to the clipboard",
  },
  {
    action: "search",
    keys: ["/"],
    place: "look",
    footer: "search",
    help: "Search what the session wrote, from the newest back",
  },
  {
    action: "searchOlder",
    keys: ["n"],
    place: "look",
    when: hasSearched,
    footer: "older",
    help: "The next older place of what was searched",
  },
  {
    action: "searchNewer",
    keys: ["N"],
    place: "look",
    when: hasSearched,
    footer: "newer",
    help: "The next newer place of what was searched",
  },
  { action: "typeHere", keys: ["enter"], place: "look", footer: "type", help: "Type into the session again" },

  {
    action: "nudge",
    isUseful: hasAgent,
    keys: ["n"],
    place: "anywhere",
    footer: "nudge",
    help: "Write the agent (or all marked ones) a line",
  },
  {
    action: "handoff",
    isUseful: hasAgent,
    keys: ["h"],
    place: "anywhere",
    footer: "handoff",
    help: "Replace the session by a fresh one that goes on with the same work",
  },
  {
    action: "restart",
    keys: ["r"],
    place: "problems",
    footer: "restart",
    help: "Restart the agent's session",
  },
  {
    action: "stop",
    keys: ["x"],
    place: "problems",
    footer: "stop",
    help: "End the agent's session (asks first)",
  },
  {
    action: "acknowledge",
    keys: ["a"],
    place: "problems",
    footer: "seen",
    help: "Mark the problem as seen for 30 minutes",
  },
  {
    action: "problems",
    keys: ["p"],
    place: "anywhere",
    footer: "problems",
    help: "Show the agents that need you, and go back",
  },
  { action: "beads", keys: ["b"], place: "anywhere", footer: "beads", help: "Show the beads, and go back" },
  {
    action: "queue",
    keys: ["m"],
    place: "anywhere",
    footer: "queue",
    help: "Show the merge queue, and go back",
  },
  {
    action: "inbox",
    keys: ["i"],
    place: "anywhere",
    footer: "inbox",
    help: "Show your mail and what is escalated, and go back",
  },
  { action: "filter", keys: ["/"], place: "list", footer: "filter", help: "Filter the list as you type" },
  { action: "palette", keys: [":"], place: "anywhere", footer: "command", help: "Run any gt or bd command" },
  {
    action: "splitRight",
    isUseful: hasAgent,
    keys: ["s"],
    place: "anywhere",
    footer: "split",
    help: "Open the agent's terminal to the right of the others",
  },
  { action: "convoy", keys: ["c"], place: "anywhere", help: "Show a convoy by waves, and go back" },
  {
    action: "log",
    keys: ["l"],
    place: "anywhere",
    help: "Show the event log over the whole screen, and go back",
  },
  { action: "splitDown", keys: ["S"], place: "anywhere", help: "Open the agent's terminal below the others" },
  {
    action: "zoom",
    isUseful: hasPane,
    keys: ["z"],
    place: "anywhere",
    footer: "zoom",
    help: "Give the agent's terminal the whole screen, or put it back",
  },
  {
    action: "closePane",
    isUseful: hasPane,
    keys: ["X"],
    place: "anywhere",
    footer: "close",
    help: "Close the agent's pane; the agent keeps running",
  },
  { action: "help", keys: ["?"], place: "anywhere", footer: "help", help: "Show the keys that work here" },
  {
    action: "quit",
    keys: ["q"],
    place: "anywhere",
    footer: "quit",
    help: "Go back, or quit; agents keep running",
  },

  { action: "down", keys: ["j", "down"], place: "anywhere", help: "Next row" },
  { action: "up", keys: ["k", "up"], place: "anywhere", help: "Previous row" },
  { action: "pageDown", keys: ["pagedown", "ctrl-d"], place: "anywhere", help: "One page down" },
  { action: "pageUp", keys: ["pageup", "ctrl-u"], place: "anywhere", help: "One page up" },
  { action: "top", keys: ["g", "home"], place: "anywhere", help: "First row" },
  { action: "bottom", keys: ["G", "end"], place: "anywhere", help: "Last row" },
  { action: "expand", keys: ["right", "o"], place: "agents", help: "Unfold the rig" },
  { action: "collapse", keys: ["left"], place: "agents", help: "Fold the rig" },
  {
    action: "mark",
    keys: ["space"],
    place: "agents",
    help: "Mark the agent; a nudge goes to all marked ones",
  },
  {
    action: "look",
    keys: ["["],
    place: "anywhere",
    help: "Look back at what scrolled out of the agent's pane",
  },
  { action: "nextPart", keys: ["tab"], place: "anywhere", help: "Next panel or pane" },
  { action: "previousPart", keys: ["shift-tab"], place: "anywhere", help: "Previous panel or pane" },
  { action: "panel1", keys: ["1"], place: "anywhere", help: "Go to the agents" },
  { action: "panel2", keys: ["2"], place: "anywhere", help: "Go to the convoys" },
  { action: "panel3", keys: ["3"], place: "anywhere", help: "Go to the feed" },
  {
    action: "pane1",
    keys: ["alt-1"],
    place: "anywhere",
    help: "Type into pane 1 (Alt+2 to Alt+6: the others)",
  },
  { action: "pane2", keys: ["alt-2"], place: "anywhere", help: "" },
  { action: "pane3", keys: ["alt-3"], place: "anywhere", help: "" },
  { action: "pane4", keys: ["alt-4"], place: "anywhere", help: "" },
  { action: "pane5", keys: ["alt-5"], place: "anywhere", help: "" },
  { action: "pane6", keys: ["alt-6"], place: "anywhere", help: "" },
  {
    action: "clear",
    keys: ["escape"],
    place: "anywhere",
    help: "Clear the filter and the marks, or go back",
  },
  {
    action: "undo",
    keys: ["u"],
    place: "anywhere",
    help: "Take back the last command that can be (asks first)",
  },
  { action: "refresh", keys: ["R"], place: "anywhere", help: "Read everything anew" },
  {
    action: "sendEscapeKey",
    keys: ["ctrl-]"],
    place: "anywhere",
    help: "Right after leaving a session: send it Ctrl-] itself",
  },
  { action: "suspend", keys: ["ctrl-z"], place: "anywhere", help: "Back to the shell; fg returns" },
  { action: "quitNow", keys: ["ctrl-c"], place: "anywhere", help: "Quit at once" },
];
