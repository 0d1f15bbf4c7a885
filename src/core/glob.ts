/** A glob of `*`, `?` and `[..]` as an expression for the whole text. */
export function globToRegExp(glob: string): RegExp {
  const source = glob.replace(
    /\[(!?)([^\]]+)\]|[*?]|[.+^${}()|[\]\\]/g,
    (part, negated?: string, set?: string) => {
      if (part === "*") return ".*";
      if (part === "?") return ".";
      if (set !== undefined) return `[${negated ? "^" : ""}${set.replace(/[\\\]^]/g, "\\$&")}]`;
      return `\\${part}`;
    },
  );
  return new RegExp(`^${source}$`, "s");
}
