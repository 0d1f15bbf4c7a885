// A set-up file of the whole suite: no test file ends with an origin whose history nobody has looked at. Most have none.
import { afterAll } from "vitest";
import { unjudgedOrigins } from "./watched-origins.ts";

afterAll(async () => {
  if (unjudgedOrigins().length === 0) return;
  const { judgeOrigins } = await import("./target-history.ts");
  judgeOrigins();
});
