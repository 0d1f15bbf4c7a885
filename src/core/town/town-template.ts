import { townPrefix } from "../ledger/town-ledger.ts";
import type { BlockMarks } from "./marked-block.ts";

/** Directories of a new town (spec/07 §5.1), with their modes. */
export const townDirectories: readonly { readonly path: string; readonly mode: number }[] = [
  ...[
    "mayor",
    "deacon",
    "deacon/dogs",
    "settings",
    "config",
    "directives",
    "formula-overlays",
    "plugins",
    "roles",
    "logs",
    "daemon",
    ".beads",
  ].map((path) => ({ path, mode: 0o755 })),
  { path: ".runtime", mode: 0o700 },
];

export const daemonDefaults = {
  type: "daemon-patrol-config",
  version: 1,
  heartbeat: { enabled: true, interval: "3m" },
  patrols: {},
  env: {},
} as const;

export const escalationDefaults = {
  type: "escalation",
  version: 1,
  routes: {
    low: ["bead"],
    medium: ["bead", "mail:mayor"],
    high: ["bead", "mail:mayor", "email:human"],
    critical: ["bead", "mail:mayor", "mail:overseer", "email:human", "sms:human"],
  },
  contacts: {
    human_email: "",
    human_sms: "",
    slack_webhook: "",
    smtp_host: "",
    smtp_port: "587",
    smtp_from: "",
    smtp_user: "",
    smtp_pass: "$GT_SMTP_PASS",
    sms_webhook: "",
  },
  stale_threshold: "4h",
  max_reescalations: 2,
} as const;

export const beadsConfig = (prefix: string = townPrefix): string => `issue-prefix: ${prefix}\n`;

export const anchorMarks: BlockMarks = { begin: "<!-- gastown: begin -->", end: "<!-- gastown: end -->" };

/** Told to a runtime that somebody starts in the town's root: this is nobody's desk. */
export const anchorLines: readonly string[] = [
  "# This is the root of a Gas Town",
  "",
  "Nobody works in this directory. Who you are and what to do is not written here: run `gt prime` and follow what it",
  "says. Do not guess a role from the directory, and do not change files below `.beads/` or `.runtime/` by hand.",
];
