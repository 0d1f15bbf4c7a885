/** One thing that the person did at the terminal. `raw` are its bytes, one character each (latin1). */
export type InputToken =
  | { readonly kind: "key"; readonly key: string; readonly text: string; readonly raw: string }
  | { readonly kind: "paste"; readonly text: string; readonly raw: string }
  | { readonly kind: "focus"; readonly isFocused: boolean; readonly raw: string }
  | MouseToken;

export interface MouseToken {
  readonly kind: "mouse";
  readonly action: "press" | "release" | "drag" | "wheel-up" | "wheel-down";
  /** 0 left, 1 middle, 2 right. */
  readonly button: number;
  /** SGR button code as reported, for passing on. */
  readonly code: number;
  /** Zero-based cell. */
  readonly x: number;
  readonly y: number;
  readonly raw: string;
}

const pasteStart = "\u001b[200~";
const pasteEnd = "\u001b[201~";

/**
 * Splits the terminal's bytes into keys, mouse and focus reports and pastes. Keeps every byte: what is not understood
 * is a key named `unknown` whose bytes can still be passed on.
 */
export class InputParser {
  private pending = "";

  /** Something is held back because more of it may follow; `flush` gives it up after a moment. */
  get isWaiting(): boolean {
    return this.pending !== "" && !this.pending.startsWith(pasteStart);
  }

  parse(bytes: Uint8Array): InputToken[] {
    const input = this.pending + Buffer.from(bytes).toString("latin1");
    this.pending = "";
    const tokens: InputToken[] = [];
    let at = 0;
    while (at < input.length) {
      const rest = input.slice(at);
      const token = readToken(rest);
      if (token === undefined) {
        this.pending = rest;
        break;
      }
      tokens.push(token);
      at += token.raw.length;
    }
    return tokens;
  }

  /** What is held back, taken as it is: a lone Esc is the Esc key. */
  flush(): InputToken[] {
    const rest = this.pending;
    this.pending = "";
    if (rest === "") return [];
    if (rest === "\u001b") return [{ kind: "key", key: "escape", text: "", raw: rest }];
    return [{ kind: "key", key: "unknown", text: "", raw: rest }];
  }
}

const mouse = /^\u001b\[<(\d{1,5});(\d{1,5});(\d{1,5})([Mm])/;
const controlSequence = /^\u001b\[([0-?]*)[ -/]*([@-~])/;
const unfinished = /^\u001b(?:\[[0-?]*[ -/]*|O)?$/;

/** The first token, or undefined when its end has not arrived. */
function readToken(input: string): InputToken | undefined {
  if (input[0] !== "\u001b") return readCharacter(input);
  if (input.startsWith(pasteStart)) return readPaste(input);
  const report = mouse.exec(input);
  if (report !== null) return mouseToken(report);
  if (unfinished.test(input)) return undefined;
  const sequence = controlSequence.exec(input);
  if (sequence !== null) {
    const [raw, parameters = "", final = ""] = sequence;
    if (raw === "\u001b[I" || raw === "\u001b[O") return { kind: "focus", isFocused: final === "I", raw };
    return { kind: "key", key: sequenceKey(parameters, final), text: "", raw };
  }
  if (input[1] === "O") {
    const final = input[2] ?? "";
    return {
      kind: "key",
      key: finalKeys[final] ?? functionKeys[final] ?? "unknown",
      text: "",
      raw: input.slice(0, 3),
    };
  }
  // Esc and a key is Alt and that key. A second Esc starts anew, and Ctrl-] always leaves a session.
  if (input[1] === "\u001b" || input[1] === "\u001d")
    return { kind: "key", key: "escape", text: "", raw: "\u001b" };
  const key = readCharacter(input.slice(1));
  if (key === undefined) return undefined;
  return { ...key, key: `alt-${key.key}`, text: "", raw: `\u001b${key.raw}` };
}

function readPaste(input: string): InputToken | undefined {
  const end = input.indexOf(pasteEnd);
  if (end === -1) return undefined;
  const body = input.slice(pasteStart.length, end);
  return {
    kind: "paste",
    text: Buffer.from(body, "latin1").toString("utf8"),
    raw: input.slice(0, end + pasteEnd.length),
  };
}

function mouseToken(match: RegExpExecArray): MouseToken {
  const code = Number(match[1]);
  const isWheel = (code & 64) !== 0;
  const action = isWheel
    ? (code & 1) === 0
      ? "wheel-up"
      : "wheel-down"
    : match[4] === "m"
      ? "release"
      : (code & 32) !== 0
        ? "drag"
        : "press";
  return {
    kind: "mouse",
    action,
    button: code & 3,
    code,
    x: Number(match[2]) - 1,
    y: Number(match[3]) - 1,
    raw: match[0],
  };
}

function readCharacter(input: string): Extract<InputToken, { kind: "key" }> | undefined {
  const byte = input.charCodeAt(0);
  const length = byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
  if (input.length < length) return undefined;
  const raw = input.slice(0, length);
  if (byte < 0x20 || byte === 0x7f) return { kind: "key", key: controlKey(byte), text: "", raw };
  const text = Buffer.from(raw, "latin1").toString("utf8");
  return { kind: "key", key: text === " " ? "space" : text, text, raw };
}

function controlKey(byte: number): string {
  const named = controlKeys[byte];
  if (named !== undefined) return named;
  return `ctrl-${String.fromCharCode(byte + 0x40).toLowerCase()}`;
}

const controlKeys: Readonly<Record<number, string>> = {
  0: "ctrl-space",
  8: "backspace",
  9: "tab",
  10: "enter",
  13: "enter",
  127: "backspace",
};

const finalKeys: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  Z: "shift-tab",
};

const functionKeys: Readonly<Record<string, string>> = { P: "f1", Q: "f2", R: "f3", S: "f4" };

const tildeKeys: Readonly<Record<string, string>> = {
  "1": "home",
  "2": "insert",
  "3": "delete",
  "4": "end",
  "5": "pageup",
  "6": "pagedown",
  "7": "home",
  "8": "end",
  "11": "f1",
  "12": "f2",
  "13": "f3",
  "14": "f4",
  "15": "f5",
  "17": "f6",
  "18": "f7",
  "19": "f8",
  "20": "f9",
  "21": "f10",
  "23": "f11",
  "24": "f12",
};

function sequenceKey(parameters: string, final: string): string {
  const [first = "", modifier = "1"] = parameters.split(";");
  const name = final === "~" ? tildeKeys[first] : (finalKeys[final] ?? functionKeys[final]);
  if (name === undefined) return "unknown";
  const bits = Number(modifier) - 1;
  if (!Number.isInteger(bits) || bits <= 0) return name;
  return `${(bits & 4) !== 0 ? "ctrl-" : ""}${(bits & 2) !== 0 ? "alt-" : ""}${(bits & 1) !== 0 ? "shift-" : ""}${name}`;
}
