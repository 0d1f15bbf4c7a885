import { createTransport } from "nodemailer";

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

/**
 * Hands one plain-text mail to a server. Throws with the server's answer; secrets are in no message, and a password goes
 * nowhere without TLS but to this machine. `timeoutMs` holds for each wait for the server.
 */
export async function sendSmtp(server: SmtpServer, email: Email, timeoutMs: number): Promise<void> {
  const { host, port, user, password } = server;
  const transport = createTransport({
    ...{ host, port, secure: port === 465 },
    ...(user === "" ? {} : { auth: { user, pass: password }, requireTLS: !isLoopback(host) }),
    ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
    // What a mail says is text: no part of it is a file or an address to read.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  try {
    await transport.sendMail({
      from: { name: "Gas Town", address: email.from },
      to: { name: "", address: email.to },
      subject: email.subject,
      text: email.body,
      textEncoding: "base64",
      date: new Date(email.sentAt),
    });
  } finally {
    transport.close();
  }
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || host.startsWith("127.");
