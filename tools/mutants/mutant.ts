/**
 * Mutation testing: a small change of the source that breaks a promise, and the test that must fail
 * (kill the mutant). A test that passes with the mutation proves nothing.
 */
export interface Mutant {
  /** What goes wrong with the mutation, in words. */
  mutation: string;
  /** Path from the root of the repository. */
  file: string;
  /** The source text to replace. It must occur exactly once in the file. */
  text: string;
  replacement: string;
  test: NamedTest;
}

export interface NamedTest {
  file: string;
  title: string;
}

/** Makes the tests of one file from their titles. */
export const killedBy =
  (file: string) =>
  (title: string): NamedTest => ({ file, title });

export type MutantLevel = 'unit' | 'int';

export const levelOf = ({ test }: Mutant): MutantLevel =>
  test.file.endsWith('.int.spec.ts') ? 'int' : 'unit';

/** @throws Error if the text of the mutant does not occur exactly once in the file. */
export function withMutation({ text, replacement, file }: Mutant, content: string): string {
  const parts = content.split(text);
  if (parts.length === 2) return parts.join(replacement);
  throw new Error(`${file} has the mutant's text ${parts.length - 1} times, not once:\n${text}`);
}
