import { usageError } from "../../../core/gt-error.ts";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadEvent } from "./bead-event.ts";
import { commentJson } from "./bead-json.ts";
import { readText } from "./content.ts";
import { reread } from "./each-bead.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd comment X text..` and `bd comments add X text` (spec/01 §10.4). */
export async function add(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const [input, ...words] = [...context.args, ...context.rest];
  if (input === undefined) throw usageError("missing argument <id>", { hint: 'bd comment <id> "text"' });
  const text = await commentText(context, words);
  if (text.trim() === "") throw usageError("the comment is empty", { hint: 'bd comment <id> "text"' });
  const workspace = await openWorkspace(context);
  const bead = await reread(workspace, await workspace.resolve(input));
  const author = flags.string("author");
  await workspace.write([
    { op: "comment", id: bead.id, text, ...(author === undefined ? {} : { author }) },
    ...beadEvent(bead, "comment", { bead: bead.id }),
  ]);
  const last = (await workspace.ledger.comments(bead.id)).at(-1);
  if (last !== undefined) out.document(commentJson(last));
  if (!out.json) out.done(`Comment added to ${bead.id}`);
}

async function commentText(context: CommandContext, words: readonly string[]): Promise<string> {
  const { flags, cwd } = context;
  const sources = [words.length > 0, flags.boolean("stdin"), flags.has("file")].filter(Boolean).length;
  if (sources > 1) throw usageError("the text is given twice: as argument, --stdin or --file");
  if (flags.has("file")) return readText(cwd, flags.string("file") ?? "");
  const text = words.join(" ");
  return flags.boolean("stdin") || text === "-" ? context.input() : text;
}

/** `bd comments X`. */
export async function list(context: CommandContext): Promise<void> {
  const { out, args } = context;
  const workspace = await openWorkspace(context);
  const id = await workspace.resolve(args[0] ?? "");
  const comments = await workspace.ledger.comments(id);
  out.document(comments.map(commentJson));
  if (comments.length === 0) out.line(`No comments on ${id}`);
  for (const comment of comments) {
    const when = new Date(comment.createdAt).toISOString().slice(0, 16).replace("T", " ");
    out.line(`${out.style.bold(sanitiseLine(comment.author))} · ${when}`);
    for (const line of sanitise(comment.text).split("\n")) out.line(`  ${line}`);
  }
}
