// ESC sequences (CSI, OSC/DCS/PM/APC/SOS with their terminators, two-character ones), matched as a whole so that
// their parameters do not stay behind as visible litter.
const escapeSequences =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g;
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
// Bidirectional overrides and isolates, zero-width joiners' invisible relatives and the byte order mark: they can make
// text look like something else. ZWJ (200D) and ZWNJ (200C) stay: emoji and several scripts need them.
const invisible = /[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u206f\ufeff]/g;

/** Text from outside made safe to print: no escape sequences, no controls but tab and newline, no bidi tricks (spec/07 §1.4). */
export function sanitise(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(escapeSequences, "")
    .replace(controls, "")
    .replace(invisible, "");
}

/** The same for a place of one line: tabs and newlines become single spaces. */
export function sanitiseLine(text: string): string {
  return sanitise(text).replace(/[\t\n]+/g, " ");
}
