import { readFileSync } from "node:fs";
import { isObject, type JsonObject } from "../../core/town/json-file.ts";
import { readOpencodeMessages } from "./read-opencode.ts";
import { addTokens, noTokens, type Tokens, type Usage } from "./usage.ts";

/** Runtimes whose transcripts tell what was used (spec/03 §10.1). */
export type TranscriptFormat = "claude" | "codex" | "gemini" | "copilot" | "opencode" | "pi";

const formats: readonly TranscriptFormat[] = ["claude", "codex", "gemini", "copilot", "opencode", "pi"];

export function transcriptFormat(provider: string): TranscriptFormat | undefined {
  return provider === "omp" ? "pi" : formats.find((format) => format === provider);
}

/**
 * Usage in a transcript; undefined when it cannot be read. Torn and foreign lines are skipped. OpenCode has one file for all
 * its conversations, the others one for each.
 */
export function readTranscript(format: TranscriptFormat, file: string, sessionId: string): Usage | undefined {
  if (format === "opencode") {
    const messages = readOpencodeMessages(file, sessionId);
    return messages && readOpencode(messages);
  }
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined; // not written yet, or gone
  }
  return readers[format](format === "gemini" ? geminiMessages(text) : lines(text));
}

type Reader = (entries: readonly JsonObject[]) => Usage;

const readers: Readonly<Record<Exclude<TranscriptFormat, "opencode">, Reader>> = {
  claude: readClaude,
  codex: readCodex,
  gemini: readGemini,
  copilot: readCopilot,
  pi: readPi,
};

/** A message is written again while it grows: the last one of an id counts. */
function readClaude(entries: readonly JsonObject[]): Usage {
  const messages = new Map<string, { readonly model: string; readonly tokens: Tokens }>();
  entries.forEach((entry, index) => {
    const message = objectAt(entry, "message");
    const usage = objectAt(message, "usage");
    if (entry["type"] !== "assistant" || Object.keys(usage).length === 0) return;
    messages.set(textAt(message, "id") || String(index), {
      model: textAt(message, "model"),
      tokens: {
        input: numberAt(usage, "input_tokens"),
        output: numberAt(usage, "output_tokens"),
        cacheRead: numberAt(usage, "cache_read_input_tokens"),
        cacheWrite: numberAt(usage, "cache_creation_input_tokens"),
      },
    });
  });
  return sum([...messages.values()]);
}

/** Totals that grow: the last one counts, under the model that was named last. */
function readCodex(entries: readonly JsonObject[]): Usage {
  let model = "";
  let tokens: Tokens | undefined;
  for (const entry of entries) {
    const payload = objectAt(entry, "payload");
    if (entry["type"] === "turn_context") model = textAt(payload, "model") || model;
    const total = objectAt(objectAt(payload, "info"), "total_token_usage");
    if (payload["type"] !== "token_count" || Object.keys(total).length === 0) continue;
    const cached = numberAt(total, "cached_input_tokens");
    tokens = {
      input: Math.max(0, numberAt(total, "input_tokens") - cached),
      output: numberAt(total, "output_tokens"),
      cacheRead: cached,
      cacheWrite: 0,
    };
  }
  return sum(tokens === undefined ? [] : [{ model, tokens }]);
}

function readGemini(entries: readonly JsonObject[]): Usage {
  return sum(
    entries.flatMap((message) => {
      const tokens = objectAt(message, "tokens");
      if (Object.keys(tokens).length === 0) return [];
      const cached = numberAt(tokens, "cached");
      return [
        {
          model: textAt(message, "model"),
          tokens: {
            input: Math.max(0, numberAt(tokens, "input") - cached) + numberAt(tokens, "tool"),
            output: numberAt(tokens, "output") + numberAt(tokens, "thoughts"),
            cacheRead: cached,
            cacheWrite: 0,
          },
        },
      ];
    }),
  );
}

/** One record for each answer. Its `cost` counts premium requests, not money. */
function readCopilot(entries: readonly JsonObject[]): Usage {
  return sum(
    entries.flatMap((entry) => {
      const usage = objectAt(objectAt(entry, "data"), "usage");
      if (entry["type"] !== "session.usage_record") return [];
      const cached = numberAt(usage, "cacheReadTokens");
      return [
        {
          model: textAt(usage, "model"),
          tokens: {
            input: Math.max(0, numberAt(usage, "inputTokens") - cached),
            output: numberAt(usage, "outputTokens"),
            cacheRead: cached,
            cacheWrite: numberAt(usage, "cacheWriteTokens"),
          },
        },
      ];
    }),
  );
}

/** It knows the prices of many models; 0 is that of those it does not know. */
function readOpencode(messages: readonly JsonObject[]): Usage {
  return sum(
    messages.flatMap((message) => {
      const tokens = objectAt(message, "tokens");
      if (message["role"] !== "assistant" || Object.keys(tokens).length === 0) return [];
      const cache = objectAt(tokens, "cache");
      const cost = numberAt(message, "cost");
      return [
        {
          model: textAt(message, "modelID"),
          tokens: {
            input: numberAt(tokens, "input"),
            output: numberAt(tokens, "output") + numberAt(tokens, "reasoning"),
            cacheRead: numberAt(cache, "read"),
            cacheWrite: numberAt(cache, "write"),
          },
          ...(cost === 0 ? {} : { reportedUsd: cost }),
        },
      ];
    }),
  );
}

function readPi(entries: readonly JsonObject[]): Usage {
  return sum(
    entries.flatMap((entry) => {
      const message = objectAt(entry, "message");
      const usage = objectAt(message, "usage");
      if (Object.keys(usage).length === 0) return [];
      const cost = objectAt(usage, "cost")["total"];
      return [
        {
          model: textAt(message, "model"),
          tokens: {
            input: numberAt(usage, "input"),
            output: numberAt(usage, "output"),
            cacheRead: numberAt(usage, "cacheRead"),
            cacheWrite: numberAt(usage, "cacheWrite"),
          },
          ...(typeof cost === "number" ? { reportedUsd: cost } : {}),
        },
      ];
    }),
  );
}

interface Entry {
  readonly model: string;
  readonly tokens: Tokens;
  readonly reportedUsd?: number;
}

function sum(entries: readonly Entry[]): Usage {
  const models = new Map<string, { readonly tokens: Tokens; readonly reportedUsd?: number }>();
  for (const { model, tokens, reportedUsd } of entries) {
    const before = models.get(model);
    const usd =
      reportedUsd === undefined && before?.reportedUsd === undefined
        ? {}
        : { reportedUsd: (before?.reportedUsd ?? 0) + (reportedUsd ?? 0) };
    models.set(model, { tokens: addTokens(before?.tokens ?? noTokens, tokens), ...usd });
  }
  return models;
}

function lines(text: string): readonly JsonObject[] {
  return text.split("\n").flatMap((line) => {
    const entry = line === "" ? undefined : parse(line);
    return isObject(entry) ? [entry] : [];
  });
}

/** One document with its messages, or one message a line, as newer versions write it. */
function geminiMessages(text: string): readonly JsonObject[] {
  const document = parse(text);
  const messages = isObject(document) ? document["messages"] : undefined;
  return Array.isArray(messages) ? messages.filter(isObject) : lines(text);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // torn: the writer is not finished
  }
}

function objectAt(value: JsonObject, key: string): JsonObject {
  const found = value[key];
  return isObject(found) ? found : {};
}

function textAt(value: JsonObject, key: string): string {
  const found = value[key];
  return typeof found === "string" ? found : "";
}

function numberAt(value: JsonObject, key: string): number {
  const found = value[key];
  return typeof found === "number" && Number.isFinite(found) && found > 0 ? found : 0;
}
