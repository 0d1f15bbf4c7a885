/** What starts the work when no hook can, and again when it has not begun (spec/03 §5.6, §5.7). `own` is the role's. */
export function workInstruction(role: string, own = ""): string {
  if (own !== "") return own;
  const patrols = ["witness", "refinery", "deacon", "boot"];
  return patrols.includes(role)
    ? "Start your patrol now."
    : "Look at your hook with `gt hook` and begin with the work on it at once, without asking.";
}
