const maxBytes = 1024 * 1024;
const waitMs = 500;

/** What a runtime writes to its hook: at most 1 MiB, and not waited for longer than half a second (spec/03 §4.1). */
export async function readHookStdin(): Promise<string> {
  const { stdin } = process;
  if (stdin.isTTY) return "";
  const chunks: Buffer[] = [];
  let size = 0;
  const done = Promise.withResolvers<void>();
  const timer = setTimeout(() => done.resolve(), waitMs);
  stdin.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) done.resolve();
    else chunks.push(chunk);
  });
  stdin.on("end", () => done.resolve());
  stdin.on("error", () => done.resolve());
  await done.promise;
  clearTimeout(timer);
  stdin.removeAllListeners("data");
  stdin.pause();
  return Buffer.concat(chunks).toString("utf8");
}
