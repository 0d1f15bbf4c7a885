export type Finding =
  | { readonly status: "ok"; readonly message: string }
  | {
      readonly status: "warning" | "error";
      readonly message: string;
      readonly detail?: readonly string[];
      /** What to do about it, as a command or in words. */
      readonly fix?: string;
    };

const shown = 10;

export function ok(message: string): Finding {
  return { status: "ok", message };
}

export function problem(
  status: "warning" | "error",
  message: string,
  more: { readonly items?: readonly string[]; readonly fix?: string } = {},
): Finding {
  const { items = [], fix } = more;
  const detail =
    items.length > shown ? [...items.slice(0, shown), `and ${items.length - shown} more`] : items;
  return {
    status,
    message,
    ...(detail.length === 0 ? {} : { detail }),
    ...(fix === undefined ? {} : { fix }),
  };
}

/** `ok` when nothing was found, otherwise what was found. */
export function listed(
  items: readonly string[],
  status: "warning" | "error",
  texts: { readonly none: string; readonly some: string; readonly fix?: string },
): Finding {
  if (items.length === 0) return ok(texts.none);
  return problem(status, `${items.length} ${texts.some}`, {
    items,
    ...(texts.fix === undefined ? {} : { fix: texts.fix }),
  });
}
