/** A bead of the demo: its script does the work that an agent with a model would do. */
export interface DemoBead {
  readonly key: string;
  readonly rig: "shop" | "notes";
  readonly title: string;
  readonly why: string;
  readonly priority: number;
  /** Keys of beads that must land first. */
  readonly needs: readonly string[];
  /** Shell lines; `pause` waits for as long as a person needs to follow. */
  readonly script: readonly string[];
}

/** The convoys of the demo, by name. */
export const demoConvoys: readonly { readonly title: string; readonly keys: readonly string[] }[] = [
  {
    title: "Checkout people trust",
    keys: ["subtotal", "cents", "symbol-first", "tax", "discount", "receipt"],
  },
  {
    title: "Notes people can find",
    keys: ["tags", "search", "archive", "newest", "export", "guide"],
  },
];

export const demoBeads: readonly DemoBead[] = [
  {
    key: "subtotal",
    rig: "shop",
    title: "Add a subtotal to the cart",
    why: "A cart knows its items but not what they cost together.",
    priority: 1,
    needs: [],
    script: [
      'step "Reading src/cart.js"',
      "cat src/cart.js",
      'step "Adding subtotal()"',
      "cat >> src/cart.js <<'JS'",
      "",
      "export function subtotal(cart) {",
      "  return cart.reduce((sum, item) => sum + item.price * (item.count ?? 1), 0);",
      "}",
      "JS",
      "cat > test/subtotal.test.js <<'JS'",
      'import assert from "node:assert/strict";',
      'import { test } from "node:test";',
      'import { subtotal } from "../src/cart.js";',
      "",
      'test("a subtotal counts every item", () => assert.equal(subtotal([{ price: 2, count: 3 }, { price: 1 }]), 7));',
      "JS",
      "run_tests",
      'commit "Add a subtotal to the cart"',
    ],
  },
  {
    key: "cents",
    rig: "shop",
    title: "Show prices with two decimals",
    why: "9.5 EUR looks like a typing error.",
    priority: 1,
    needs: [],
    script: [
      'step "Formatting amounts in src/price.js"',
      'edit src/price.js "{amount}" "{amount.toFixed(2)}"',
      'edit test/price.test.js "9.5 EUR" "9.50 EUR" "EUR 9.5\\"" "EUR 9.50\\""',
      "run_tests",
      'commit "Show prices with two decimals"',
    ],
  },
  {
    key: "symbol-first",
    rig: "shop",
    title: "Put the currency before the amount",
    why: "Collides with the bead about decimals when both start from the same commit: one of them has to be done again.",
    priority: 1,
    needs: [],
    script: [
      'step "Turning the label round"',
      "pause",
      "edit src/price.js '${amount} ${CURRENCY}' '${CURRENCY} ${amount}' '${amount.toFixed(2)} ${CURRENCY}' '${CURRENCY} ${amount.toFixed(2)}'",
      'edit test/price.test.js "9.5 EUR" "EUR 9.5" "9.50 EUR" "EUR 9.50"',
      "run_tests",
      'commit "Put the currency before the amount"',
    ],
  },
  {
    key: "tax",
    rig: "shop",
    title: "Add tax to the total",
    why: "The first attempt forgets to run the tests and breaks the gate; the second one reads why and gets it right.",
    priority: 1,
    needs: [],
    script: [
      'step "Writing withTax()"',
      'rounding="Math.floor(amount * rate) / 100"',
      'if second_attempt; then say "The gate said: rounded down. Rounding to the nearest cent."; rounding="Math.round(amount * rate) / 100"; fi',
      "cat > src/tax.js <<JS",
      "/** The amount with a tax of so many percent, in whole cents. */",
      "export function withTax(amount, percent) {",
      "  const rate = 100 + percent;",
      "  return $rounding;",
      "}",
      "JS",
      "cat > test/tax.test.js <<'JS'",
      'import assert from "node:assert/strict";',
      'import { test } from "node:test";',
      'import { withTax } from "../src/tax.js";',
      "",
      'test("tax is rounded to the nearest cent", () => assert.equal(withTax(9.99, 19), 11.89));',
      "JS",
      'step "It looks right. Submitting without running the tests."',
      'commit "Add tax to the total"',
    ],
  },
  {
    key: "discount",
    rig: "shop",
    title: "Apply discount codes",
    why: "The summer sale starts on Monday.",
    priority: 2,
    needs: ["subtotal"],
    script: [
      'step "Writing src/discount.js on top of subtotal()"',
      "cat > src/discount.js <<'JS'",
      'import { subtotal } from "./cart.js";',
      "",
      "const codes = { SUMMER: 0.1, FRIENDS: 0.25 };",
      "",
      "export function discounted(cart, code) {",
      "  return subtotal(cart) * (1 - (codes[code] ?? 0));",
      "}",
      "JS",
      "cat > test/discount.test.js <<'JS'",
      'import assert from "node:assert/strict";',
      'import { test } from "node:test";',
      'import { discounted } from "../src/discount.js";',
      "",
      'test("a code takes its share off", () => assert.equal(discounted([{ price: 20 }], "SUMMER"), 18));',
      'test("an unknown code changes nothing", () => assert.equal(discounted([{ price: 20 }], "?"), 20));',
      "JS",
      "run_tests",
      'commit "Apply discount codes"',
    ],
  },
  {
    key: "receipt",
    rig: "shop",
    title: "Print a receipt",
    why: "The last step of the checkout.",
    priority: 2,
    needs: ["discount"],
    script: [
      'step "Writing src/receipt.js"',
      "cat > src/receipt.js <<'JS'",
      'import { subtotal } from "./cart.js";',
      "",
      "export function receipt(cart) {",
      "  return [...cart.map((item) => item.name), `total ${subtotal(cart)}`].join('\\n');",
      "}",
      "JS",
      "cat > test/receipt.test.js <<'JS'",
      'import assert from "node:assert/strict";',
      'import { test } from "node:test";',
      'import { receipt } from "../src/receipt.js";',
      "",
      'test("a receipt ends with the total", () => assert.match(receipt([{ name: "tea", price: 3 }]), /total 3$/));',
      "JS",
      "run_tests",
      'commit "Print a receipt"',
    ],
  },
  {
    key: "tags",
    rig: "notes",
    title: "Read tags from a note",
    why: "People write #words already; nobody looks at them.",
    priority: 1,
    needs: [],
    script: [
      'step "Writing src/tags.js"',
      "cat > src/tags.js <<'JS'",
      "export function tags(entry) {",
      "  return [...new Set(entry.text.match(/#[a-z]+/g) ?? [])].map((tag) => tag.slice(1));",
      "}",
      "JS",
      "cat > test/tags.test.js <<'JS'",
      'import assert from "node:assert/strict";',
      'import { test } from "node:test";',
      'import { tags } from "../src/tags.js";',
      "",
      'test("tags are found once each", () => assert.deepEqual(tags({ text: "#a b #c #a" }), ["a", "c"]));',
      "JS",
      "run_tests",
      'commit "Read tags from a note"',
    ],
  },
  {
    key: "search",
    rig: "notes",
    title: "Search notes by word",
    why: "Four hundred notes and no way in.",
    priority: 1,
    needs: [],
    script: [
      'step "Writing src/search.js"',
      "cat > src/search.js <<'JS'",
      "export function search(notes, word) {",
      "  const wanted = word.toLowerCase();",
      "  return notes.filter((entry) => entry.text.toLowerCase().includes(wanted));",
      "}",
      "JS",
      "cat > test/search.test.js <<'JS'",
      'import assert from "node:assert/strict";',
      'import { test } from "node:test";',
      'import { search } from "../src/search.js";',
      "",
      'test("searching ignores case", () => assert.equal(search([{ text: "Milk" }, { text: "tea" }], "milk").length, 1));',
      "JS",
      "run_tests",
      'commit "Search notes by word"',
    ],
  },
  {
    key: "archive",
    rig: "notes",
    title: "Archive old notes",
    why: "Waits for an answer that only a person can give: open its terminal and type it.",
    priority: 1,
    needs: [],
    script: [
      'step "Looking for notes that nobody reads"',
      'say "How many months old must a note be before it is archived?"',
      'printf "  type a number and press Enter: "',
      "read -r months",
      'step "Archiving after $months months"',
      "cat > src/archive.js <<JS",
      "const month = 30 * 24 * 60 * 60 * 1000;",
      "",
      "export function isOld(entry, now) {",
      "  return now - entry.at > $((months + 0)) * month;",
      "}",
      "JS",
      "cat > test/archive.test.js <<'JS'",
      'import assert from "node:assert/strict";',
      'import { test } from "node:test";',
      'import { isOld } from "../src/archive.js";',
      "",
      'test("a note of this minute is not old", () => assert.equal(isOld({ at: 5 }, 5), false));',
      "JS",
      "run_tests",
      'commit "Archive old notes"',
    ],
  },
  {
    key: "newest",
    rig: "notes",
    title: "List the newest notes first",
    why: "What was written today is what is looked for today.",
    priority: 2,
    needs: ["search"],
    script: [
      'step "Writing src/list.js"',
      "cat > src/list.js <<'JS'",
      "export function newestFirst(notes) {",
      "  return notes.toSorted((one, other) => other.at - one.at);",
      "}",
      "JS",
      "cat > test/list.test.js <<'JS'",
      'import assert from "node:assert/strict";',
      'import { test } from "node:test";',
      'import { newestFirst } from "../src/list.js";',
      "",
      'test("the newest note comes first", () => assert.equal(newestFirst([{ at: 1 }, { at: 2 }])[0].at, 2));',
      "JS",
      "run_tests",
      'commit "List the newest notes first"',
    ],
  },
  {
    key: "export",
    rig: "notes",
    title: "Export notes as HTML",
    why: "To read them on the train.",
    priority: 2,
    needs: ["tags"],
    script: [
      'step "Writing src/html.js"',
      "cat > src/html.js <<'JS'",
      "export function html(entry) {",
      '  const safe = entry.text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");',
      "  return `<p>${safe}</p>`;",
      "}",
      "JS",
      "cat > test/html.test.js <<'JS'",
      'import assert from "node:assert/strict";',
      'import { test } from "node:test";',
      'import { html } from "../src/html.js";',
      "",
      'test("markup in a note stays text", () => assert.equal(html({ text: "<b>" }), "<p>&lt;b></p>"));',
      "JS",
      "run_tests",
      'commit "Export notes as HTML"',
    ],
  },
  {
    key: "guide",
    rig: "notes",
    title: "Write the user's guide",
    why: "The features are there; nobody knows.",
    priority: 3,
    needs: ["newest", "export"],
    script: [
      'step "Writing GUIDE.md"',
      "cat > GUIDE.md <<'MD'",
      "# Guide",
      "",
      "- `search(notes, word)` finds notes by word, in any case.",
      "- `newestFirst(notes)` lists them, newest first.",
      "- `html(note)` makes a page of one.",
      "MD",
      'commit "Write the user\'s guide"',
    ],
  },
];

/** The words that the scripts above are written in. */
const vocabulary = (pauseSeconds: number): string => `pause() { sleep ${pauseSeconds}; }
say() { printf '\\033[36m%s\\033[0m\\n' "$1"; }
step() { printf '\\n\\033[1;33m● %s\\033[0m\\n' "$1"; pause; }
edit() {
  node - "$@" <<'EDIT'
const fs = require("fs");
const [file, ...pairs] = process.argv.slice(2);
let text = fs.readFileSync(file, "utf8");
for (let i = 0; i < pairs.length; i += 2) {
  if (!text.includes(pairs[i])) continue;
  text = text.replaceAll(pairs[i], pairs[i + 1]);
  break;
}
fs.writeFileSync(file, text);
EDIT
  git --no-pager diff --stat -- "$1"
}
run_tests() { step "Running the tests"; node --test; }
commit() { step "Committing: $1"; git add -A && git commit -q -m "$1 ($GT_BEAD)" && git --no-pager log --oneline -1; pause; }
second_attempt() {
  bd show "$GT_BEAD" --json | node -e '
    const bead = [JSON.parse(require("fs").readFileSync(0, "utf8"))].flat()[0];
    process.exit(bead.metadata?.prior_failure ? 0 : 1);'
}
`;

/** The description of the bead as the ledger stores it, script included. */
export function describeDemoBead(bead: DemoBead, pauseSeconds: number): string {
  return `${bead.why}\n\n\`\`\`bash\n${vocabulary(pauseSeconds)}\n${bead.script.join("\n")}\n\`\`\`\n`;
}
