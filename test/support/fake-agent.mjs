// A coding agent's terminal without a model: draws an input line, takes pastes, works for a while on what is submitted
// and writes every submitted message as one line of JSON to $FAKE_LOG. Settings: FAKE_BUSY_MS, FAKE_PASTE=0.
import { appendFileSync } from "node:fs";

const busyMs = Number(process.env.FAKE_BUSY_MS ?? 100);
const takesPastes = process.env.FAKE_PASTE !== "0";
const log = process.env.FAKE_LOG;
let line = "";
let paste;
let busy = false;
const waiting = [];

const show = (text) => process.stdout.write(text);
const prompt = () => show(`\r\x1b[2K❯ ${line.replaceAll("\n", "\r\n  ")}`);

function submit(text, how) {
  if (log) appendFileSync(log, `${JSON.stringify({ text, how, busy })}\n`);
  if (busy) {
    waiting.push(text);
    return;
  }
  work(text);
}

function work(text) {
  busy = true;
  show(`\r\n> ${text.split("\n")[0].slice(0, 60)}\r\n✻ Working… (esc to interrupt)`);
  setTimeout(() => {
    show("\r\x1b[2K● done\r\n\r\n");
    busy = false;
    const next = waiting.shift();
    if (next !== undefined) work(next);
    else prompt();
  }, busyMs);
}

process.stdin.setRawMode(true);
process.stdin.setEncoding("utf8");
process.stdin.on("data", (data) => {
  let rest = data;
  while (rest !== "") {
    if (paste !== undefined) {
      const end = rest.indexOf("\x1b[201~");
      paste += end < 0 ? rest : rest.slice(0, end);
      rest = end < 0 ? "" : rest.slice(end + 6);
      if (end >= 0) {
        line += paste;
        paste = undefined;
        if (!busy) prompt();
      }
      continue;
    }
    if (rest.startsWith("\x1b[200~")) {
      paste = "";
      rest = rest.slice(6);
      continue;
    }
    const key = rest[0];
    rest = rest.slice(1);
    if (key === "\x03") process.exit(0);
    else if (key === "\x15") line = "";
    else if (key === "\r") {
      if (line.trim() !== "") submit(line, "typed");
      line = "";
      if (!busy) prompt();
    } else {
      line += key;
      if (!busy) prompt();
    }
  }
});
if (takesPastes) show("\x1b[?2004h");
if (process.argv.length > 2) submit(process.argv.slice(2).join(" "), "argv");
else prompt();
