import { once } from "node:events";
import { connect, isIP, type Socket } from "node:net";
import { hostname } from "node:os";
import { connect as connectTls } from "node:tls";

export interface SmtpServer {
  readonly host: string;
  /** 465 speaks TLS from the first byte; others change to it when the server offers that. */
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export interface Email {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
}

/** Hands one plain-text mail to a server (RFC 5321). Throws with the server's answer; secrets are in no message. */
export async function sendSmtp(server: SmtpServer, email: Email, signal: AbortSignal): Promise<void> {
  // What goes into a command must not hold another one.
  for (const address of [email.from, email.to])
    if (/[\s<>]/.test(address)) throw new Error("an e-mail address may not hold blanks or angle brackets");
  let socket: Socket = await open(server, signal);
  signal.addEventListener("abort", () => socket.destroy(), { once: true });
  try {
    let talk = conversation(socket);
    await talk(undefined, 220);
    let offers = await talk(greeting(), 250);
    if (server.port !== 465 && /^250[ -]STARTTLS\b/im.test(offers)) {
      await talk("STARTTLS", 220);
      socket = connectTls({ socket, ...nameOf(server) });
      await once(socket, "secureConnect", { signal });
      talk = conversation(socket);
      offers = await talk(greeting(), 250);
    }
    if (server.user !== "") {
      if (!("encrypted" in socket) && !isLoopback(server.host))
        throw new Error("the server offers no TLS: the password is not sent in the clear");
      const login = Buffer.from(`\0${server.user}\0${server.password}`).toString("base64");
      await talk(`AUTH PLAIN ${login}`, 235, "AUTH");
    }
    await talk(`MAIL FROM:<${email.from}>`, 250);
    await talk(`RCPT TO:<${email.to}>`, 250);
    await talk("DATA", 354);
    await talk(messageText(email), 250, "message");
    await talk("QUIT", 221).catch(() => undefined); // it has the mail
  } finally {
    socket.destroy();
  }
}

async function open(server: SmtpServer, signal: AbortSignal): Promise<Socket> {
  const { host, port } = server;
  const isTls = port === 465;
  const socket = isTls ? connectTls({ host, port, ...nameOf(server) }) : connect({ host, port });
  try {
    await once(socket, isTls ? "secureConnect" : "connect", { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** A certificate is for a name, never for an address. */
const nameOf = ({ host }: SmtpServer) => (isIP(host) === 0 ? { servername: host } : {});
const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || host.startsWith("127.");
const greeting = (): string => `EHLO ${hostname().replace(/[^A-Za-z0-9.-]/g, "-") || "localhost"}`;

type Talk = (line: string | undefined, wanted: number, what?: string) => Promise<string>;

/** An answer of several lines has a hyphen behind the code in all but its last. */
const lastLine = /^(\d{3})(?: .*)?\r?\n/m;

/** Sends a line and returns the whole answer, if its code is the wanted one. `what` names a line that holds secrets. */
function conversation(socket: Socket): Talk {
  socket.setEncoding("utf8");
  let text = "";
  const answers = socket.iterator({ destroyOnReturn: false });
  return async (line, wanted, what = line?.split(":")[0] ?? "greeting") => {
    if (line !== undefined) socket.write(`${line}\r\n`);
    let end = lastLine.exec(text);
    while (end === null) {
      const part = await answers.next();
      if (part.done === true) throw new Error(`the server hung up at ${what}`);
      text += String(part.value);
      end = lastLine.exec(text);
    }
    const answer = text.slice(0, end.index + end[0].length);
    text = text.slice(answer.length);
    if (Number(end[1]) === wanted || (wanted === 250 && end[1] === "251")) return answer;
    throw new Error(`${what} refused: ${end[0].trim().slice(0, 120)}`);
  };
}

function messageText({ from, to, subject, body, sentAt }: Email): string {
  const word = (text: string): string =>
    `=?UTF-8?B?${Buffer.from(text.replace(/[\r\n]+/g, " ")).toString("base64")}?=`;
  const encoded = Buffer.from(body)
    .toString("base64")
    .replace(/.{1,76}/g, "$&\r\n");
  return [
    `From: Gas Town <${from}>`,
    `To: <${to}>`,
    // One encoded word holds 75 characters; a long subject is several of them.
    `Subject: ${
      subject
        .match(/.{1,14}/gsu)
        ?.map(word)
        .join("\r\n ") ?? ""
    }`,
    `Date: ${new Date(sentAt).toUTCString().replace("GMT", "+0000")}`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    // Base64 has no line that begins with a dot.
    `${encoded}.`,
  ].join("\r\n");
}
