/** A small real repository with real tests: what a demo rig is a rig of. */
export interface DemoProject {
  readonly rig: string;
  readonly prefix: string;
  readonly files: Readonly<Record<string, string>>;
  /** The gate that every change has to pass before it lands. */
  readonly gate: string;
}

const packageFile = (name: string, description: string): string =>
  `${JSON.stringify({ name, version: "1.0.0", description, type: "module", scripts: { test: "node --test" } }, null, 2)}\n`;

/** The till of a corner shop: prices, carts, receipts. */
export const shop: DemoProject = {
  rig: "shop",
  prefix: "sh",
  gate: "node --test",
  files: {
    "package.json": packageFile("shop", "The till of a corner shop"),
    "README.md":
      "# shop\n\nThe till of a corner shop: prices, carts, receipts.\n\nRun the tests with `npm test`.\n",
    "src/price.js": [
      'export const CURRENCY = "EUR";',
      "",
      "export function total(prices) {",
      "  return prices.reduce((sum, price) => sum + price, 0);",
      "}",
      "",
      "export function label(amount) {",
      "  return `${amount} ${CURRENCY}`;",
      "}",
      "",
    ].join("\n"),
    "src/cart.js": [
      "export function emptyCart() {",
      "  return [];",
      "}",
      "",
      "export function addItem(cart, item) {",
      "  return [...cart, item];",
      "}",
      "",
    ].join("\n"),
    "test/price.test.js": [
      'import assert from "node:assert/strict";',
      'import { test } from "node:test";',
      'import { label, total } from "../src/price.js";',
      "",
      'test("a total is the sum of its prices", () => assert.equal(total([1, 2.5]), 3.5));',
      'test("a label names the currency", () => assert.equal(label(9.5), "9.5 EUR"));',
      "",
    ].join("\n"),
    "test/cart.test.js": [
      'import assert from "node:assert/strict";',
      'import { test } from "node:test";',
      'import { addItem, emptyCart } from "../src/cart.js";',
      "",
      'test("an item lies in the cart after it was added", () => {',
      '  assert.deepEqual(addItem(emptyCart(), { name: "tea" }), [{ name: "tea" }]);',
      "});",
      "",
    ].join("\n"),
  },
};

/** A notebook: notes with tags, to be searched and listed. */
export const notes: DemoProject = {
  rig: "notes",
  prefix: "no",
  gate: "node --test",
  files: {
    "package.json": packageFile("notes", "A notebook on the command line"),
    "README.md": "# notes\n\nA notebook on the command line.\n\nRun the tests with `npm test`.\n",
    "src/note.js": [
      "export function note(text, at) {",
      "  return { text, at };",
      "}",
      "",
      "export function firstLine(entry) {",
      '  return entry.text.split("\\n")[0];',
      "}",
      "",
    ].join("\n"),
    "test/note.test.js": [
      'import assert from "node:assert/strict";',
      'import { test } from "node:test";',
      'import { firstLine, note } from "../src/note.js";',
      "",
      'test("a note is called by its first line", () => assert.equal(firstLine(note("milk\\nbread", 0)), "milk"));',
      "",
    ].join("\n"),
  },
};
