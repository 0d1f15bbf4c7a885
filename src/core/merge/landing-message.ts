/** Parts of the message under which a merge request lands (spec/05 §2.4). */
export interface LandingTrailers {
  readonly mr: string;
  readonly issue: string;
  /** Address of the worker; left out when empty. */
  readonly worker: string;
  readonly head: string;
}

/** Message of the branch's newest commit, with a list of the others' subjects when there are several. */
export function squashMessage(newest: string, subjects: readonly string[]): string {
  if (subjects.length < 2) return newest.trimEnd();
  const [subject = "", ...body] = newest.trimEnd().split("\n");
  const list = ["Squashed:", ...subjects.map((line) => `- ${line}`)].join("\n");
  const { text, trailers } = splitTrailers(body.join("\n").trim());
  return [subject, text, list, trailers.join("\n")].filter((part) => part !== "").join("\n\n");
}

/** The message with our trailers, after dropping any that look like ours. */
export function withTrailers(message: string, trailers: LandingTrailers | undefined): string {
  const [subject = "", ...rest] = message.trimEnd().split("\n");
  const { text, trailers: others } = splitTrailers(rest.join("\n").trim());
  const kept = [...others].filter((line) => !isOurs(line));
  const body = text
    .split("\n")
    .filter((line) => !isOurs(line))
    .join("\n")
    .trim();
  const ours =
    trailers === undefined
      ? []
      : [
          `Gastown-MR: ${trailers.mr}`,
          ...(trailers.issue === "" ? [] : [`Gastown-Issue: ${trailers.issue}`]),
          ...(trailers.worker === "" ? [] : [`Gastown-Worker: ${trailers.worker}`]),
          `Gastown-Head: ${trailers.head}`,
        ];
  const block = [...kept, ...ours].join("\n");
  return [subject.trim() === "" ? "(no message)" : subject, body, block]
    .filter((part) => part !== "")
    .join("\n\n");
}

function isOurs(line: string): boolean {
  return /^gastown-[a-z]+:/i.test(line.trim());
}

/** The last paragraph counts as trailers when every line of it looks like one. */
function splitTrailers(body: string): { readonly text: string; readonly trailers: readonly string[] } {
  const paragraphs = body.split(/\n{2,}/);
  const lines = paragraphs.at(-1)?.split("\n") ?? [];
  const isBlock = body !== "" && lines.every((line) => /^[A-Za-z][A-Za-z0-9-]*: \S/.test(line));
  return isBlock
    ? { text: paragraphs.slice(0, -1).join("\n\n"), trailers: lines }
    : { text: body, trailers: [] };
}
