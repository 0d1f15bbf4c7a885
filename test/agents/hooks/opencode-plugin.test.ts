import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { extensionSource } from "../../../src/agents/hooks/hook-files.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

interface Plugin {
  event(input: { readonly event: object }): Promise<void>;
  "chat.message"(input: object, output: { readonly parts: object[] }): Promise<void>;
  "experimental.chat.system.transform"(input: object, output: { readonly system: string[] }): Promise<void>;
}

/** The plugin as OpenCode loads it, with a `gt` that notes how it is asked. */
async function load(answers: Readonly<Record<string, object>>) {
  const directory = temporaryDirectory();
  const log = join(directory, "asked.log");
  const gt = join(directory, "gt");
  const cases = Object.entries(answers).map(
    ([event, answer]) => `${event}) echo '${JSON.stringify(answer)}' ;;`,
  );
  writeFileSync(
    gt,
    `#!/bin/sh\necho "$3 $(cat)" >> ${log}\ncase "$3" in\n${cases.join("\n")}\n*) echo '{}' ;;\nesac\n`,
  );
  chmodSync(gt, 0o755);
  const file = join(directory, "gastown.mjs");
  writeFileSync(file, extensionSource("opencode", gt));
  const { Gastown } = (await import(pathToFileURL(file).href)) as {
    readonly Gastown: (context: object) => Promise<Plugin>;
  };
  const asked = () =>
    readFileSync(log, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => [line.split(" ")[0], JSON.parse(line.slice(line.indexOf(" "))) as object] as const);
  return { plugin: await Gastown({ client: {} }), asked };
}

const created = (id: string, parentID?: string) => ({
  event: {
    type: "session.created",
    properties: { info: { id, ...(parentID === undefined ? {} : { parentID }) } },
  },
});

test("a new conversation is primed once, and what waits at a prompt becomes a part of its message", async () => {
  const { plugin, asked } = await load({
    "session-start": { context: "PRIME" },
    prompt: { context: "NUDGE" },
  });
  const system: string[] = ["own"];
  await Promise.all([
    plugin.event(created("ses_1")),
    plugin["experimental.chat.system.transform"]({ sessionID: "ses_1" }, { system }),
  ]);
  expect(system).toEqual(["own", "PRIME"]);
  const first = { id: "prt_1", sessionID: "ses_1", messageID: "msg_1", type: "text", text: "hello" };
  const parts: object[] = [first];
  await plugin["chat.message"]({ sessionID: "ses_1" }, { parts });
  expect(parts).toEqual([first, { ...first, id: "prt_10", text: "NUDGE", synthetic: true }]);
  expect(asked()).toEqual([
    ["session-start", { session_id: "ses_1", source: "startup" }],
    ["prompt", { session_id: "ses_1" }],
  ]);
});

test("an old conversation that goes on is primed as such", async () => {
  const { plugin, asked } = await load({ "session-start": { context: "SHORT" } });
  const system: string[] = [];
  await plugin["experimental.chat.system.transform"]({ sessionID: "ses_1" }, { system });
  expect(system).toEqual(["SHORT"]);
  expect(asked()).toEqual([["session-start", { session_id: "ses_1", source: "resume" }]]);
});

test("the agent's own helpers are nobody in the town", async () => {
  const { plugin, asked } = await load({
    "session-start": { context: "PRIME" },
    prompt: { context: "NUDGE" },
  });
  await plugin.event(created("ses_1"));
  await plugin.event(created("ses_2", "ses_1"));
  const system: string[] = [];
  await plugin["experimental.chat.system.transform"]({ sessionID: "ses_2" }, { system });
  await plugin["chat.message"]({ sessionID: "ses_2" }, { parts: [{ id: "prt_1" }] });
  await plugin.event({ event: { type: "session.idle", properties: { sessionID: "ses_2" } } });
  expect(system).toEqual([]);
  expect(asked()).toHaveLength(1);
});
