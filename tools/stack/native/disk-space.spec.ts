import { tmpdir } from 'node:os';
import { assertDiskSpace } from './disk-space.js';

it('refuses to start on a disk that is nearly full', () => {
  expect(() => assertDiskSpace(tmpdir(), 1e9)).toThrow(
    /only [\d.]+ GB free on the disk of .*--wipe/,
  );
});

it('starts where there is room', () => {
  assertDiskSpace(tmpdir(), 0);
});
