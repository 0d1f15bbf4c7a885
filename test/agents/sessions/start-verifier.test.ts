import { afterEach, beforeEach, expect, test } from "vitest";
import { dialogTitle } from "../../../src/agents/sessions/dialog-title.ts";
import { startAgentSession } from "../../../src/agents/sessions/start-session.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { waitFor } from "../../support/wait-for.ts";

let town: PlainTown;
beforeEach(() => {
  town = new PlainTown();
});
afterEach(() => town.dispose());

const typesOf = () => readEvents(town.town.paths.events).map((event) => event.type);

async function start(script: string) {
  town.write("settings/config.json", {
    default_agent: "script",
    agents: {
      script: {
        provider: "generic",
        command: "sh",
        args: ["-c", script],
        prompt_mode: "arg",
        ready_prompt: "❯",
      },
    },
    operational: { session: { nudge_verify: "1s", nudge_retries: 1 } },
  });
  const address = await town.polecat("toast");
  const access = await town.access();
  const { named } = await access.ledger.write("overseer", [
    { op: "create", bead: { title: "Paint", prefix: "gp" }, as: "bead" },
    { op: "hook", address, bead: "$bead" },
  ]);
  const bead = named["bead"] ?? "";
  await startAgentSession(access, { address, topic: `assigned:${bead}`, bead });
  return { access, address, bead, host: await access.host() };
}

test("an agent that sits at its prompt is told again, then reported once", async () => {
  const { host, bead } = await start("printf '❯ '; while read -r line; do echo \"told\"; printf '❯ '; done");
  await waitFor(() => typesOf().includes("session_stalled"), { timeoutMs: 40_000, what: "the report" });
  const screen = (await host.screen("gp-toast")).lines.join("\n");
  // Once because the runtime has no hooks, once because nothing happened.
  expect(screen.match(/^told$/gm)).toHaveLength(2);
  const stalled = readEvents(town.town.paths.events).filter(({ type }) => type === "session_stalled");
  expect(stalled).toMatchObject([
    { actor: "greenplace/polecats/toast", payload: { session: "gp-toast", reason: "no start", bead } },
  ]);
  expect(typesOf().filter((type) => type === "session_ready")).toHaveLength(1);
}, 60_000);

test("an agent that works is left alone", async () => {
  const { access, address, host } = await start(
    "printf '❯ '; while read -r line; do echo 'Working… (esc to interrupt)'; sleep 1; printf '\\033[2J\\033[Hdone\\n❯ '; done",
  );
  await waitFor(async () => (await host.screen("gp-toast")).lines.includes("done"), {
    timeoutMs: 20_000,
    what: "the first turn",
  });
  // Longer than both repetitions would take.
  const until = Date.now() + 3500;
  await waitFor(() => Date.now() > until, { timeoutMs: 10_000 });
  expect((await host.get("gp-toast"))?.phase).toBe("idle");
  expect(typesOf()).not.toContain("session_stalled");
  const nudges = readEvents(town.town.paths.events).filter(({ type }) => type === "nudge");
  expect(nudges.length).toBeLessThanOrEqual(1);
  expect((await access.ledger.agent(address))?.hookBead).not.toBe("");
}, 60_000);

test("what a person has to do is told with the words on the screen", async () => {
  const { host } = await start("printf 'Session over. Please run /login\\n'; read -r line");
  await waitFor(async () => (await host.get("gp-toast"))?.phase === "waiting", { timeoutMs: 30_000 });
  expect((await host.get("gp-toast"))?.waitingFor).toBe("Session over. Please run /login");
  await waitFor(() => typesOf().includes("session_waiting"));
  const [event] = readEvents(town.town.paths.events, { filter: { types: ["session_waiting"] } });
  expect(event?.payload).toMatchObject({ excerpt: "Session over. Please run /login" });
}, 60_000);

test("the title of a dialog is what stands above its options, short and safe to print", () => {
  expect(
    dialogTitle(["old text", "│ Which \x1b[31mmodel? │", "❯ 1. big", "  2. small", "Enter takes it"]),
  ).toMatch(/^Which .*model\?$/);
  expect(dialogTitle(["x".repeat(200)])).toHaveLength(80);
  expect(dialogTitle([])).toBe("");
});
