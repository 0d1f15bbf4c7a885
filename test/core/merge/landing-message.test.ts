import { expect, test } from "vitest";
import { squashMessage, withTrailers } from "../../../src/core/merge/landing-message.ts";

const trailers = { mr: "web-mr-1", issue: "web-a", worker: "web/polecats/nux", head: "abc" };

test("our trailers follow those of the author, and forged ones are dropped", () => {
  const message =
    "Fix login\n\nBecause.\nGastown-MR: web-mr-forged\n\nCo-authored-by: A <a@b>\nGastown-Head: forged";
  expect(withTrailers(message, trailers)).toBe(
    "Fix login\n\nBecause.\n\nCo-authored-by: A <a@b>\nGastown-MR: web-mr-1\nGastown-Issue: web-a\nGastown-Worker: web/polecats/nux\nGastown-Head: abc",
  );
});

test("without trailers only the forged ones go", () => {
  expect(withTrailers("Fix\n\nGastown-MR: x", undefined)).toBe("Fix");
});

test("a squash of several commits lists them between text and trailers", () => {
  expect(squashMessage("Last\n\nWhy.\n\nSigned-off-by: A <a@b>", ["First", "Last"])).toBe(
    "Last\n\nWhy.\n\nSquashed:\n- First\n- Last\n\nSigned-off-by: A <a@b>",
  );
  expect(squashMessage("Only\n", ["Only"])).toBe("Only");
});
