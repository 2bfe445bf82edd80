import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../repository-root.js';
import { withoutGuard, type Guard } from './mutant.js';

const OURS = '@effectively-once';

/**
 * A copy of the working tree, uncommitted changes included, to take guards out of: the tree itself is
 * never touched, so that an interrupted run leaves nothing broken behind.
 */
export class ScratchCopy {
  private constructor(readonly path: string) {}

  static make(): ScratchCopy {
    // Not below the repository: Jest there looks away from .stack and node_modules.
    const copy = new ScratchCopy(mkdtempSync(join(tmpdir(), 'effectively-once-guards-')));
    for (const file of sources()) {
      mkdirSync(dirname(copy.at(file)), { recursive: true });
      cpSync(join(repositoryRoot, file), copy.at(file));
    }
    copy.linkPackages('.');
    for (const parent of ['apps', 'libs', '.']) {
      for (const name of readdirSync(join(repositoryRoot, parent))) {
        const folder = join(parent, name);
        if (existsSync(join(repositoryRoot, folder, 'package.json'))) copy.linkPackages(folder);
      }
    }
    return copy;
  }

  /** Runs something on the copy while the guard is gone. */
  async without<Result>(guard: Guard, run: () => Promise<Result>): Promise<Result> {
    const file = this.at(guard.file);
    const content = readFileSync(file, 'utf8');
    writeFileSync(file, withoutGuard(guard, content));
    try {
      return await run();
    } finally {
      writeFileSync(file, content);
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  private at(file: string): string {
    return join(this.path, file);
  }

  // Packages are shared with the repository, one link each; the workspace's own must be the copy's, or a
  // guard taken out of a library would still be there for whoever imports it by name.
  private linkPackages(folder: string): void {
    const installed = join(repositoryRoot, folder, 'node_modules');
    if (!existsSync(installed)) return;
    mkdirSync(this.at(join(folder, 'node_modules')), { recursive: true });
    for (const name of readdirSync(installed)) {
      const link = this.at(join(folder, 'node_modules', name));
      if (name !== OURS) symlinkSync(join(installed, name), link);
      else cpSync(join(installed, name), link, { recursive: true, verbatimSymlinks: true });
    }
  }
}

/** Every file git knows or would take, as it lies there now. */
function sources(): string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: repositoryRoot, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 },
  );
  const isThere = (file: string) =>
    lstatSync(join(repositoryRoot, file), { throwIfNoEntry: false })?.isFile();
  return [...new Set(listed.split('\0'))].filter((file) => file !== '' && isThere(file));
}
