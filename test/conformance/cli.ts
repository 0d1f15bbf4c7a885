import type { ModelReply, ModelRequest } from "../support/model-server.ts";
import type { CliName } from "./packages.ts";

/** One real agent CLI as the conformance suite installs and drives it. */
export interface Cli {
  /** Name of the preset and of the program. */
  readonly name: CliName;
  /** Settings of the CLI below its home, as on the machine of a person who has a model on loopback. */
  readonly files?: (url: string) => Readonly<Record<string, string>>;
  readonly env: (url: string) => Readonly<Record<string, string>>;
  /** Added to the preset's arguments. */
  readonly args?: readonly string[];
  /** The model's wish to run a shell command, in the form of this CLI's tool. */
  readonly shell: (command: string) => NonNullable<ModelReply["tool"]>;
  /** Requests of the agent itself; CLIs also ask for titles, routes and summaries. */
  readonly isAgent: (request: ModelRequest) => boolean;
  /** At a limit it shows the time that the service has told. */
  readonly showsReset?: boolean;
  /** Answer to all other requests. */
  readonly aside?: (request: ModelRequest) => ModelReply;
}

/** What is proven of a CLI, in the order in which one session shows it. */
export const checks = [
  "start",
  "context",
  "nudge",
  "guard",
  "handoff",
  "resume",
  "costs",
  "limit",
  "seance",
] as const;
export type Check = (typeof checks)[number];
