// A set-up file of the whole suite: no test file ends with an origin whose history nobody has looked at.
import { afterAll } from "vitest";
import { judgeOrigins } from "./target-history.ts";

afterAll(() => judgeOrigins());
