import type { RoleMessage } from "../../core/mail/role-message.ts";
import { messageOfFinding } from "../patrols/finding-message.ts";
import type { Finding } from "../patrols/finding.ts";
import { safetyNetMs } from "./duties/deacon.ts";

/** What code does in the end whoever patrols, because work would stand still or be lost (spec/04 §9.5). */
const safetyNet = new Set(["W1", "W2", "W3", "W4", "W12", "W15", "W18"]);

/**
 * Findings that a witness which runs as an agent is to act upon: it is told of each once, and what it has left alone for
 * three heartbeats the code does, as far as that must be. Losing what is remembered here only makes it wait again.
 */
export class WitnessHandover {
  #seen = new Map<string, number>();
  #now = new Map<string, number>();
  #fresh: Finding[] = [];

  /** A sweep begins: what it does not find again is forgotten. */
  begin(): void {
    this.#seen = this.#now;
    this.#now = new Map();
    this.#fresh = [];
  }

  /** Whether the code may act on the finding now. */
  permits(finding: Finding, now: number): boolean {
    const key = `${finding.detection} ${finding.subject}`;
    const since = this.#seen.get(key) ?? this.#now.get(key);
    this.#now.set(key, since ?? now);
    if (since === undefined) this.#fresh.push(finding);
    return since !== undefined && safetyNet.has(finding.detection) && now - since >= safetyNetMs;
  }

  /** What is new, as messages for the witness's inbox. */
  mails(): readonly RoleMessage[] {
    return this.#fresh.flatMap((finding) => messageOfFinding(finding) ?? []);
  }

  /** What the witness is to be told, in words; empty when nothing is new. */
  message(): string {
    if (this.#fresh.length === 0) return "";
    const lines = this.#fresh.map(
      ({ detection, subject, action, reason }) =>
        `${detection} ${subject}: ${action}${reason === "" ? "" : ` (${reason})`}`,
    );
    return `The patrol found:\n${lines.join("\n")}`;
  }
}
