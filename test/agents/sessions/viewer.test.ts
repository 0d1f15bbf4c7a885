import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Viewer } from "../../../src/agents/sessions/viewer.ts";

const kilobytes = (count: number) => new Uint8Array(count * 1024);
const picture = new Uint8Array(5000);

let sent: number[];
let snapshots: number;
let viewer: Viewer;
beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  snapshots = 0;
  viewer = new Viewer(
    { columns: 80, rows: 24, passive: false },
    { data: (bytes) => sent.push(bytes.length), resize: () => {} },
    {
      snapshot: () => {
        snapshots++;
      },
      picture: () => picture,
    },
  );
  viewer.data(kilobytes(1));
  expect(sent).toEqual([]);
  viewer.startFrom(kilobytes(2));
  paint();
});
afterEach(() => {
  viewer.close();
  vi.useRealTimers();
});

/** The view paints everything that it was sent. */
function paint(): void {
  const bytes = sent.reduce((sum, each) => sum + each, 0);
  sent = [];
  viewer.acknowledge(bytes);
}

/** A program writes a megabyte without a pause. */
function flood(): void {
  for (let chunk = 0; chunk < 64; chunk++) viewer.data(kilobytes(16));
}

test("a view that keeps up gets every byte", () => {
  for (let chunk = 0; chunk < 100; chunk++) {
    viewer.data(kilobytes(60));
    expect(sent).toEqual([60 * 1024]);
    paint();
  }
  expect(viewer.isLive).toBe(true);
});

test("a view that a flood leaves behind gets one picture for each that it has painted, whatever goes by", () => {
  flood();
  expect(viewer.isLive).toBe(false);
  expect(sent.reduce((sum, each) => sum + each)).toBeLessThan(100 * 1024);
  for (let frame = 0; frame < 10; frame++) {
    paint();
    flood();
    expect(sent).toEqual([picture.length]);
  }
  expect(snapshots).toBe(0);
});

test("a picture comes with the next byte when nothing happened since the last one", () => {
  flood();
  paint();
  expect(sent).toEqual([picture.length]);
  paint();
  expect(sent).toEqual([]);
  viewer.data(kilobytes(1));
  expect(sent).toEqual([picture.length]);
});

test("when the program is calm again a snapshot is asked for, and only then", () => {
  flood();
  paint();
  paint();
  for (let tick = 0; tick < 5; tick++) {
    flood();
    vi.advanceTimersByTime(200);
    paint();
    expect(snapshots).toBe(0);
  }
  paint();
  vi.advanceTimersByTime(400);
  expect(snapshots).toBe(1);
  viewer.startFrom(kilobytes(300));
  // The view still has to paint the snapshot; what a quiet program writes meanwhile does not leave it behind.
  for (let line = 0; line < 10; line++) viewer.data(kilobytes(1));
  expect(viewer.isLive).toBe(true);
  paint();
  expect(vi.getTimerCount()).toBe(0);
});

test("a view that paints nothing any more costs no timer", () => {
  flood();
  vi.advanceTimersByTime(10_000);
  expect(vi.getTimerCount()).toBe(0);
  paint();
  flood();
  vi.advanceTimersByTime(10_000);
  expect(vi.getTimerCount()).toBe(0);
  expect(snapshots).toBe(0);
});

test("a view may ask for the whole state at any time", () => {
  flood();
  viewer.refresh();
  expect(snapshots).toBe(1);
  sent = [];
  viewer.data(kilobytes(1));
  expect(sent).toEqual([]);
  viewer.startFrom(kilobytes(100));
  expect(sent).toEqual([100 * 1024]);
  viewer.close();
  viewer.refresh();
  expect(snapshots).toBe(1);
});
