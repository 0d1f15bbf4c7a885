import { expect, test } from "vitest";
import { newsOf } from "../../../src/ui/tui/news.ts";
import { emptyTown } from "../../../src/ui/tui/store/town-data.ts";
import { agentOf, townOf } from "./support/town-of.ts";

const escalation = {
  id: "hq-esc-1",
  kind: "escalation",
  from: "mayor/",
  subject: "CI is down",
  body: "",
  at: 0,
  isNew: true,
  urgency: "critical",
} as const;

test("only what is new is told, and the first reading tells nothing", () => {
  const town = townOf();
  expect(newsOf(emptyTown, town)).toBe("");
  expect(newsOf(town, town)).toBe("");
  expect(newsOf(town, { ...town, inbox: [escalation] })).toBe("CI is down");
  const worse = agentOf({
    address: "beta/crew/max",
    health: "stalled",
    tag: "needs-human",
    needsAttention: true,
  });
  const agents = town.agents.map((agent) => (agent.address === worse.address ? worse : agent));
  expect(newsOf(town, { ...town, agents })).toBe("max is needs-human");
  expect(newsOf(town, { ...town, agents, inbox: [escalation] })).toBe("max is needs-human, and 1 more");
});

test("mail that is not urgent calls nobody", () => {
  const town = townOf();
  expect(newsOf(town, { ...town, inbox: [{ ...escalation, kind: "mail", urgency: "normal" }] })).toBe("");
});
