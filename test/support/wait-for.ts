/** Waits until `condition` gives something truthy and returns it; fails naming `what` after the deadline. */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: { readonly timeoutMs?: number; readonly what?: string } = {},
): Promise<NonNullable<T>> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${options.what ?? "a condition"}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
