import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What an agent's model was asked, whatever the wire format. */
export interface ModelRequest {
  readonly format: "anthropic" | "openai-responses" | "openai-chat" | "gemini";
  readonly model: string;
  /** Everything that the model would read: system text and all messages. */
  readonly text: string;
  /** Text of the last message of the user alone. */
  readonly last: string;
  /** Results of tools in the last message. */
  readonly toolResults: readonly string[];
  readonly tools: readonly string[];
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ModelReply {
  readonly text?: string;
  readonly tool?: { readonly name: string; readonly input: Readonly<Record<string, unknown>> };
  /** The account has reached its limit: 429 instead of an answer. */
  readonly isLimited?: boolean;
  /** The model thinks until then. */
  readonly after?: Promise<void>;
}

/**
 * A model without a model: speaks the wire formats of Anthropic, OpenAI and Gemini on loopback, keeps every request and
 * answers as the test says.
 */
export class ModelServer {
  readonly requests: ModelRequest[] = [];
  readonly unknown: string[] = [];
  readonly #server: Server;
  readonly #reply: (request: ModelRequest) => ModelReply;

  static async start(reply: (request: ModelRequest) => ModelReply): Promise<ModelServer> {
    const server = new ModelServer(reply);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  private constructor(reply: (request: ModelRequest) => ModelReply) {
    this.#reply = reply;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const body = parse(Buffer.concat(chunks).toString("utf8"));
    if (path.endsWith("/messages/count_tokens")) return send(response, { input_tokens: 100 });
    if (path.endsWith("/messages")) return this.#answer(anthropic(body), response, writeAnthropic);
    if (path.endsWith("/responses")) return this.#answer(openaiResponses(body), response, writeResponses);
    if (path.endsWith("/chat/completions")) return this.#answer(openaiChat(body), response, writeChat);
    if (path.includes(":countTokens")) return send(response, { totalTokens: 100 });
    if (path.includes("enerateContent")) {
      const model = /models\/([^:]+):/.exec(path)?.[1] ?? "";
      return this.#answer(gemini(model, body), response, path.includes(":stream") ? writeGemini : sendGemini);
    }
    if (request.method === "HEAD") return void response.writeHead(200).end();
    this.unknown.push(`${request.method} ${path}`);
    response.writeHead(404, { "content-type": "application/json" }).end('{"error":{"message":"not here"}}');
  }

  async #answer(
    request: ModelRequest,
    response: ServerResponse,
    write: (response: ServerResponse, request: ModelRequest, reply: ModelReply) => void,
  ): Promise<void> {
    this.requests.push(request);
    const reply = this.#reply(request);
    await reply.after;
    if (reply.isLimited === true) writeLimit(response, request);
    else write(response, request, reply);
  }
}

/** Tokens that each answer says it has used; `cached` is what of its input was known already. */
export const usageOfReply = { fresh: 6, cached: 4, output: 5 };

type Json = Readonly<Record<string, unknown>>;

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}

/** All strings under keys that hold text for the model. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== "object" || value === null) return [];
  return ["text", "content", "output", "response", "parts", "input"].flatMap((key) =>
    textsOf((value as Json)[key]),
  );
}

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);

function anthropic(body: Json): ModelRequest {
  const messages = list(body["messages"]);
  const last = messages.findLast((message) => message["role"] === "user");
  const results = list(last?.["content"]).filter((part) => part["type"] === "tool_result");
  return {
    format: "anthropic",
    model: String(body["model"]),
    text: [...textsOf(body["system"]), ...messages.flatMap((message) => textsOf(message["content"]))].join(
      "\n",
    ),
    last: textsOf(last?.["content"]).join("\n"),
    toolResults: results.map((part) => textsOf(part["content"]).join("\n")),
    tools: list(body["tools"]).map((tool) => String(tool["name"])),
    body,
  };
}

function openaiResponses(body: Json): ModelRequest {
  const input = list(body["input"]);
  const results = input.filter((item) => String(item["type"]).endsWith("call_output"));
  const isLastResult = String(input.at(-1)?.["type"]).endsWith("call_output");
  return {
    format: "openai-responses",
    model: String(body["model"]),
    text: [...textsOf(body["instructions"]), ...textsOf(body["input"])].join("\n"),
    last: textsOf(input.findLast((item) => item["role"] === "user")).join("\n"),
    toolResults: isLastResult ? results.slice(-1).flatMap(textsOf) : [],
    tools: list(body["tools"]).map((tool) => String(tool["name"] ?? tool["type"])),
    body,
  };
}

function openaiChat(body: Json): ModelRequest {
  const messages = list(body["messages"]);
  return {
    format: "openai-chat",
    model: String(body["model"]),
    text: messages.flatMap(textsOf).join("\n"),
    last: textsOf(messages.findLast((message) => message["role"] === "user")).join("\n"),
    toolResults: messages.at(-1)?.["role"] === "tool" ? textsOf(messages.at(-1)) : [],
    tools: list(body["tools"]).map((tool) => String((tool["function"] as Json | undefined)?.["name"])),
    body,
  };
}

function gemini(model: string, body: Json): ModelRequest {
  const contents = list(body["contents"]);
  const last = contents.findLast((content) => content["role"] === "user");
  return {
    format: "gemini",
    model,
    text: [...textsOf(body["systemInstruction"]), ...contents.flatMap(textsOf)].join("\n"),
    last: textsOf(last).join("\n"),
    toolResults: list(last?.["parts"]).flatMap((part) =>
      part["functionResponse"] === undefined ? [] : [JSON.stringify(part)],
    ),
    tools: list(body["tools"]).flatMap((tool) =>
      list(tool["functionDeclarations"]).map((each) => String(each["name"])),
    ),
    body,
  };
}

function send(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function stream(
  response: ServerResponse,
  events: readonly (readonly [name: string | undefined, data: unknown])[],
): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  for (const [name, data] of events) {
    if (name !== undefined) response.write(`event: ${name}\n`);
    response.write(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
  }
  response.end();
}

const geminiQuota = [
  {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    violations: [
      {
        quotaMetric: "generativelanguage.googleapis.com/generate_content_free_tier_requests",
        quotaId: "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
        quotaValue: "50",
      },
    ],
  },
];

/** Until the end of a limit, where the service says when that is. */
export const limitSeconds = 3 * 3600;

/** What the services say at a rate limit, in the words and headers of each. */
function writeLimit(response: ServerResponse, { format }: ModelRequest): void {
  const message = "You exceeded your current quota. This request would exceed your account's rate limit.";
  const bodies = {
    anthropic: { type: "error", error: { type: "rate_limit_error", message } },
    "openai-responses": { error: { type: "insufficient_quota", code: "insufficient_quota", message } },
    "openai-chat": { error: { type: "insufficient_quota", code: "insufficient_quota", message } },
    gemini: { error: { code: 429, status: "RESOURCE_EXHAUSTED", message, details: geminiQuota } },
  } as const;
  const reset = String(Math.floor(Date.now() / 1000) + limitSeconds);
  const subscription = {
    "anthropic-ratelimit-unified-status": "rejected",
    "anthropic-ratelimit-unified-representative-claim": "five_hour",
    "anthropic-ratelimit-unified-reset": reset,
    "anthropic-ratelimit-unified-5h-reset": reset,
  };
  response
    .writeHead(429, {
      "content-type": "application/json",
      "x-should-retry": "false",
      ...(format === "anthropic" ? subscription : {}),
    })
    .end(JSON.stringify(bodies[format]));
}

let counter = 0;

function writeAnthropic(response: ServerResponse, request: ModelRequest, reply: ModelReply): void {
  const id = `msg_${++counter}`;
  const usage = {
    input_tokens: usageOfReply.fresh,
    output_tokens: usageOfReply.output,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usageOfReply.cached,
  };
  const content =
    reply.tool === undefined
      ? { type: "text", text: reply.text ?? "ok" }
      : { type: "tool_use", id: `toolu_${counter}`, name: reply.tool.name, input: reply.tool.input };
  const stop = reply.tool === undefined ? "end_turn" : "tool_use";
  const message = {
    id,
    type: "message",
    role: "assistant",
    model: request.model,
    stop_sequence: null,
    usage,
  };
  if (request.body["stream"] !== true) {
    send(response, { ...message, content: [content], stop_reason: stop });
    return;
  }
  const start = reply.tool === undefined ? { type: "text", text: "" } : { ...content, input: {} };
  const delta =
    reply.tool === undefined
      ? { type: "text_delta", text: reply.text ?? "ok" }
      : { type: "input_json_delta", partial_json: JSON.stringify(reply.tool.input) };
  stream(response, [
    ["message_start", { type: "message_start", message: { ...message, content: [], stop_reason: null } }],
    ["content_block_start", { type: "content_block_start", index: 0, content_block: start }],
    ["content_block_delta", { type: "content_block_delta", index: 0, delta }],
    ["content_block_stop", { type: "content_block_stop", index: 0 }],
    [
      "message_delta",
      {
        type: "message_delta",
        delta: { stop_reason: stop, stop_sequence: null },
        usage: { output_tokens: usageOfReply.output },
      },
    ],
    ["message_stop", { type: "message_stop" }],
  ]);
}

function writeResponses(response: ServerResponse, request: ModelRequest, reply: ModelReply): void {
  const id = `resp_${++counter}`;
  const item =
    reply.tool === undefined
      ? {
          type: "message",
          id: `item_${counter}`,
          role: "assistant",
          status: "completed",
          content: [{ type: "output_text", text: reply.text ?? "ok", annotations: [] }],
        }
      : {
          type: "function_call",
          id: `item_${counter}`,
          call_id: `call_${counter}`,
          name: reply.tool.name,
          arguments: JSON.stringify(reply.tool.input),
          status: "completed",
        };
  const usage = {
    input_tokens: usageOfReply.fresh + usageOfReply.cached,
    input_tokens_details: { cached_tokens: usageOfReply.cached },
    output_tokens: usageOfReply.output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: usageOfReply.fresh + usageOfReply.cached + usageOfReply.output,
  };
  const base = { id, object: "response", model: request.model, created_at: 1 };
  stream(response, [
    [
      "response.created",
      { type: "response.created", response: { ...base, status: "in_progress", output: [] } },
    ],
    [
      "response.output_item.added",
      { type: "response.output_item.added", output_index: 0, item: { ...item, status: "in_progress" } },
    ],
    ["response.output_item.done", { type: "response.output_item.done", output_index: 0, item }],
    [
      "response.completed",
      { type: "response.completed", response: { ...base, status: "completed", output: [item], usage } },
    ],
  ]);
}

function writeChat(response: ServerResponse, request: ModelRequest, reply: ModelReply): void {
  const base = { id: `chat_${++counter}`, created: 1, model: request.model };
  const finish = reply.tool === undefined ? "stop" : "tool_calls";
  const call = reply.tool && {
    index: 0,
    id: `call_${counter}`,
    type: "function",
    function: { name: reply.tool.name, arguments: JSON.stringify(reply.tool.input) },
  };
  const usage = {
    prompt_tokens: usageOfReply.fresh + usageOfReply.cached,
    prompt_tokens_details: { cached_tokens: usageOfReply.cached },
    completion_tokens: usageOfReply.output,
    total_tokens: usageOfReply.fresh + usageOfReply.cached + usageOfReply.output,
  };
  const message = {
    role: "assistant",
    ...(call === undefined ? { content: reply.text ?? "ok" } : { content: null, tool_calls: [call] }),
  };
  if (request.body["stream"] !== true) {
    send(response, {
      ...base,
      object: "chat.completion",
      choices: [{ index: 0, message, finish_reason: finish }],
      usage,
    });
    return;
  }
  const chunk = { ...base, object: "chat.completion.chunk" };
  stream(response, [
    [undefined, { ...chunk, choices: [{ index: 0, delta: message, finish_reason: null }] }],
    [undefined, { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: finish }] }],
    [undefined, { ...chunk, choices: [], usage }],
    [undefined, "[DONE]"],
  ]);
}

function geminiBody(reply: ModelReply): unknown {
  const part =
    reply.tool === undefined
      ? { text: reply.text ?? "ok" }
      : { functionCall: { name: reply.tool.name, args: reply.tool.input } };
  return {
    candidates: [{ content: { role: "model", parts: [part] }, finishReason: "STOP", index: 0 }],
    usageMetadata: {
      promptTokenCount: usageOfReply.fresh + usageOfReply.cached,
      cachedContentTokenCount: usageOfReply.cached,
      candidatesTokenCount: usageOfReply.output,
      totalTokenCount: usageOfReply.fresh + usageOfReply.cached + usageOfReply.output,
    },
  };
}

function writeGemini(response: ServerResponse, _request: ModelRequest, reply: ModelReply): void {
  stream(response, [[undefined, geminiBody(reply)]]);
}

function sendGemini(response: ServerResponse, _request: ModelRequest, reply: ModelReply): void {
  send(response, geminiBody(reply));
}
