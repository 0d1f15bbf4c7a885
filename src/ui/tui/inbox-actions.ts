import type { Control } from "./control.ts";
import { emptyLine, lineOf } from "./store/line-editor.ts";
import { inboxRows, selectedId } from "./store/rows.ts";
import type { InboxRow } from "./store/town-data.ts";

/** What can be done with a row of the Inbox: each is one `gt mail` or `gt escalate` command. */
export const inboxActions = {
  readMail: (control: Control) =>
    withRow(control, ({ kind, id }) =>
      control.showOutput("gt", kind === "mail" ? ["mail", "read", id] : ["escalate", "show", id]),
    ),
  replyMail: (control: Control) =>
    withRow(control, ({ kind, id, from }) =>
      control.ask({
        title: `Answer ${from}`,
        editor: emptyLine,
        command:
          kind === "mail" ? ["mail", "reply", id, "-m"] : ["mail", "send", from, "-s", `Re: ${id}`, "-m"],
      }),
    ),
  acknowledgeMail: (control: Control) =>
    withRow(control, ({ kind, id }) =>
      control.gt(kind === "mail" ? ["mail", "mark-read", id] : ["escalate", "ack", id]),
    ),
  closeMail: (control: Control) =>
    withRow(control, ({ kind, id }) =>
      kind === "mail"
        ? control.gt(["mail", "archive", id])
        : control.ask({
            title: `Close ${id}: what was done?`,
            editor: lineOf("resolved"),
            command: ["escalate", "close", id, "--reason"],
          }),
    ),
} as const;

function withRow(control: Control, then: (row: InboxRow) => unknown): void {
  const state = control.store.snapshot();
  const id = selectedId(state, "inbox");
  const row = inboxRows(state).find((candidate) => candidate.id === id);
  if (row === undefined) control.toast("news", "nothing is selected");
  else void then(row);
}
