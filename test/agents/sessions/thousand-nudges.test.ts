import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nudge } from "../../../src/agents/sessions/nudge.ts";
import { allNudges } from "../../../src/agents/sessions/nudge-queue.ts";
import { isSameProcess } from "../../../src/agents/sessions/process-identity.ts";
import type { SessionHost } from "../../../src/agents/sessions/session-host.ts";
import { startAgentSession } from "../../../src/agents/sessions/start-session.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { GtError } from "../../../src/core/gt-error.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { waitFor } from "../../support/wait-for.ts";

const agents = 10;
const each = 100;
/** Messages in one delivery: what may be on its way when the host dies. */
const block = 10;

let town: PlainTown;
let access: TownAccess;
beforeEach(async () => {
  town = new PlainTown();
  town.write("settings/config.json", {
    default_agent: "fake",
    operational: { nudge: { max_queue_depth: each } },
    agents: {
      fake: {
        provider: "generic",
        command: process.execPath,
        args: [join(import.meta.dirname, "../../support/fake-agent.mjs")],
        ready_prompt: "❯",
        prompt_mode: "arg",
      },
    },
  });
  access = await town.access();
});
afterEach(() => town.dispose());

const names = Array.from({ length: agents }, (_, index) => `cat${index}`);
const logOf = (name: string, run: number) => join(town.root, `${name}.${run}.log`);

async function start(run: number): Promise<void> {
  const env = (name: string) => ({ FAKE_LOG: logOf(name, run), FAKE_BUSY_MS: "60" });
  await Promise.all(
    names.map(async (name) => {
      const address = await town.polecat(name);
      await startAgentSession(access, { address, topic: "start", env: env(name) });
    }),
  );
}

/** Numbers of the messages that the agent was told in one run, in order. Anything glued or torn is an error. */
function told(name: string, run: number): readonly number[] {
  let text: string;
  try {
    text = readFileSync(logOf(name, run), "utf8");
  } catch {
    return []; // it has not been told anything yet
  }
  return text
    .trimEnd()
    .split("\n")
    .map(
      (line) => JSON.parse(line) as { readonly text: string; readonly how: string; readonly busy: boolean },
    )
    .filter(({ how }) => how === "typed")
    .flatMap(({ text: message, busy }) => {
      if (busy) throw new Error(`${name} was interrupted by: ${message}`);
      const [head = "", ...rest] = message.split("\n");
      const lines = rest.length === 0 ? [`  ${head}`] : rest.slice(0, -1);
      if (rest.length > 0) expect(head).toBe(`QUEUED NUDGE (${lines.length} message(s)):`);
      return lines.map((line) => {
        const [, number] = /^ {2}\[from mayor\/\] message (\d+) ends$/.exec(line) ?? [];
        if (number === undefined) throw new Error(`${name} was told: ${message}`);
        return Number(number);
      });
    });
}

/** The senders' connection, and what a sender is told while there is nobody to send to. */
let host: Promise<SessionHost> | undefined;
const gone = ["E_SESSION_NOT_FOUND", "E_HOST_LOST", "E_HOST_DOWN"];

/** Sends every message in its turn; a refused one was not taken, and is sent again. */
async function send(name: string): Promise<void> {
  for (let number = 0; number < each; number++) {
    await waitFor(
      async () => {
        try {
          const text = `message ${number} ends`;
          host ??= access.host({ start: false });
          const own = { ...access, host: () => host ?? access.host({ start: false }) };
          await nudge(own, { to: `gp-${name}`, from: "mayor/", text, mode: "wait-idle" });
          return true;
        } catch (error) {
          host = undefined;
          if (error instanceof GtError && gone.includes(error.code)) return false;
          throw error;
        }
      },
      { timeoutMs: 60_000, what: `message ${number} to ${name} to be taken` },
    );
  }
}

test("a thousand messages to ten busy agents are each told once, in order and unglued, though the host dies", async () => {
  await start(1);
  const sending = Promise.all(names.map(send));
  await waitFor(() => names.reduce((sum, name) => sum + told(name, 1).length, 0) > 200, {
    timeoutMs: 60_000,
    what: "the first two hundred",
  });
  const victim = JSON.parse(readFileSync(join(town.town.paths.runtime, "host.json"), "utf8")) as {
    readonly pid: number;
    readonly pid_started_at: string;
  };
  process.kill(victim.pid, "SIGKILL");
  await waitFor(() => !isSameProcess(victim.pid, victim.pid_started_at), { what: "the host to die" });
  await start(2);
  await sending;
  await waitFor(async () => (await allNudges(access.ledger)).every((entry) => entry.failed !== undefined), {
    timeoutMs: 60_000,
    what: "the queues to be empty",
  });
  const failed = await allNudges(access.ledger);
  for (const name of names) {
    const [before, after] = [told(name, 1), told(name, 2)];
    const first = after[0] ?? each;
    expect(before).toEqual(before.map((_, index) => index));
    expect(after).toEqual(after.map((_, index) => first + index));
    const lost = failed.filter((entry) => entry.session === `gp-${name}`).length;
    expect(first + after.length + lost).toBe(each);
    // What was on its way when the host died was read by nobody who is still there: the successor is told, too.
    expect(first).toBeLessThanOrEqual(before.length);
    expect(first).toBeGreaterThanOrEqual(before.length - block);
  }
}, 120_000);
