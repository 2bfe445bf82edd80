import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { repositoryRoot } from '../repository-root.js';

/** Suites that specs take over by calling this, and where its titles stand. */
const CONTRACT = {
  call: 'provesIdempotency',
  file: 'libs/delivery/src/testing/idempotency-contract.ts',
};

/**
 * The titles of the tests of a spec, as its source has them. What Jest fills in at run time
 * (`${…}`, `%s`, `$name`) matches anything.
 */
export function titlesIn(spec: string): RegExp[] {
  const titles: RegExp[] = [];
  visit(spec, (node) => {
    if (!ts.isCallExpression(node)) return;
    if (node.expression.getText() === CONTRACT.call) titles.push(...sentences());
    const [title] = node.arguments;
    const isTest = /^(it|test)\b(?!\.(skip|todo))/.test(node.expression.getText());
    if (isTest && title) titles.push(...asPattern(title));
  });
  return titles;
}

export const hasTest = (file: string, title: string) =>
  titlesIn(read(file)).some((pattern) => pattern.test(title));

const read = (file: string) => readFileSync(join(repositoryRoot, file), 'utf8');

function sentences(): RegExp[] {
  const found: RegExp[] = [];
  visit(read(CONTRACT.file), (node) => {
    if (!ts.isPropertyAssignment(node) || node.name.getText() !== 'sentence') return;
    const either = ts.isConditionalExpression(node.initializer)
      ? [node.initializer.whenTrue, node.initializer.whenFalse]
      : [node.initializer];
    found.push(...either.flatMap(asPattern));
  });
  return found;
}

function visit(text: string, look: (node: ts.Node) => void): void {
  const source = ts.createSourceFile('some.spec.ts', text, ts.ScriptTarget.Latest, true);
  const each = (node: ts.Node): void => {
    look(node);
    ts.forEachChild(node, each);
  };
  each(source);
}

function asPattern(title: ts.Node): RegExp[] {
  if (ts.isStringLiteralLike(title)) {
    const parts = title.text.split(/%[sdioj]|\$\w+/);
    return [exactly(parts)];
  }
  if (ts.isTemplateExpression(title)) {
    return [exactly([title.head.text, ...title.templateSpans.map(({ literal }) => literal.text)])];
  }
  return [];
}

const exactly = (parts: string[]) =>
  new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+')}$`);
