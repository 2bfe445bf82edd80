import { tmpdir } from 'node:os';
import { assertDiskSpace } from './disk-space.js';

it('refuses to start on an almost full disk', () => {
  expect(() => assertDiskSpace(tmpdir(), 1e9)).toThrow(
    /only [\d.]+ GB free on the disk of .*--wipe/,
  );
});

it('starts with enough disk space', () => {
  assertDiskSpace(tmpdir(), 0);
});
