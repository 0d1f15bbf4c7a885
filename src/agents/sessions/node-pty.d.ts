// The package is installed under the name of the original, its declarations know only its own.
/// <reference path="../../../node_modules/node-pty/node-pty.d.ts" />
declare module "node-pty" {
  export * from "@lydell/node-pty";
}
