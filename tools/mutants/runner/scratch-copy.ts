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
import { repositoryRoot } from '../../repository-root.js';
import { withMutation, type Mutant } from '../mutant.js';

const OURS = '@effectively-once';

/**
 * A copy of the working tree, including uncommitted changes, for mutation testing. The mutations
 * change only the copy, so an interrupted run leaves no mutation in the working tree.
 */
export class ScratchCopy {
  private constructor(readonly path: string) {}

  static make(): ScratchCopy {
    // Outside the repository, because its Jest configuration ignores .stack and node_modules.
    const copy = new ScratchCopy(mkdtempSync(join(tmpdir(), 'effectively-once-mutants-')));
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

  /** Calls `run` while the mutation is in the copy. */
  async withMutant<Result>(mutant: Mutant, run: () => Promise<Result>): Promise<Result> {
    const file = this.at(mutant.file);
    const content = readFileSync(file, 'utf8');
    writeFileSync(file, withMutation(mutant, content));
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

  // Each third-party package is a link into the repository. The workspace's own packages must be
  // those of the copy: otherwise an import by package name would load a library without the
  // mutation.
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

/** Every tracked or untracked file that git does not ignore, in its present state. */
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
