/** The crew that `gt up --restore` starts, out of a rig's members, and the names in the wish that nobody bears. */
export interface CrewStartup {
  readonly start: readonly string[];
  readonly unknown: readonly string[];
}

/**
 * Reads the rig setting `crew.startup` (spec/04 §7.2): `all`, `none`, `sam and max`, `sam, max`, `all but not max`,
 * `pick one`. Upper and lower case are the same.
 */
export function crewStartup(wish: string, members: readonly string[]): CrewStartup {
  const text = wish.trim().toLowerCase().replace(/\s+/g, " ");
  if (text === "" || text === "none") return { start: [], unknown: [] };
  if (text === "pick one") return { start: members.slice(0, 1), unknown: [] };
  const [wanted = "", ...excluded] = text.split(/,? ?\bbut not\b/);
  const isAll = wanted.trim() === "all" || wanted.trim() === "";
  const names = isAll ? [] : namesIn(wanted);
  const without = namesIn(excluded.join(","));
  const known = new Set(members.map((member) => member.toLowerCase()));
  return {
    start: members.filter((member) => {
      const name = member.toLowerCase();
      return (isAll || names.includes(name)) && !without.includes(name);
    }),
    unknown: [...names, ...without].filter((name) => !known.has(name)),
  };
}

const namesIn = (text: string): readonly string[] =>
  text
    .split(/,| and /)
    .map((name) => name.replace(/^and /, "").trim())
    .filter((name) => name !== "");
