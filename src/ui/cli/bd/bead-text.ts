import type { Bead } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { Style } from "../style.ts";

const icons: Readonly<Record<string, string>> = {
  open: "○",
  in_progress: "◐",
  blocked: "●",
  closed: "✓",
  deferred: "❄",
  pinned: "📌",
};

/** `◇` stands for hooked and for custom statuses; an open bead that something holds back looks blocked. */
export function statusIcon(bead: Bead, style: Style): string {
  const status = bead.status === "open" && bead.isBlocked ? "blocked" : bead.status;
  return style.status(status, Object.hasOwn(icons, status) ? (icons[status] ?? "◇") : "◇");
}

/** `● P1`. */
export function priorityMark(bead: Bead, style: Style): string {
  return style.priority(bead.priority, `● P${bead.priority}`);
}

/** `gt-abc12 — Fix login`, as feedback lines name beads; a title length of 0 hides titles (spec/01 §10.1). */
export function nameBead(
  bead: Pick<Bead, "id" | "title">,
  { titleLength }: { readonly titleLength: number },
): string {
  const title = sanitiseLine(bead.title);
  if (titleLength <= 0 || title === "") return bead.id;
  const cut = title.length > titleLength ? `${title.slice(0, titleLength)}…` : title;
  return `${bead.id} — ${cut}`;
}

/** `2026-01-06`, in UTC unless local time is wished. */
export function formatDay(ms: number, zone: "utc" | "local" = "utc"): string {
  if (zone === "utc") return new Date(ms).toISOString().slice(0, 10);
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
