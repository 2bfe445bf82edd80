import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { importBoundaries } from './tools/docs-lint/import-boundaries.mjs';

const tests = ['**/*.spec.ts', '**/*.fixture.ts'];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', '.stack/**', 'coverage/**'] },
  js.configs.recommended,
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', URL: 'readonly', console: 'readonly' } },
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './apps/console/src/web/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // The error of a promise that is not awaited gets lost.
      '@typescript-eslint/no-floating-promises': 'error',
      // Inside try, `return promise` leaves the block before catch can see the error.
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      // An interface may return a promise although some implementations have nothing to await.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // kafkajs and others type closures as methods.
      '@typescript-eslint/unbound-method': 'off',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'max-lines': ['error', { max: 250 }],
      'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
    },
  },
  {
    files: [
      'apps/*/src/**/*.{ts,tsx}',
      'libs/{contracts,platform,kafka,postgres,timing,delivery,audit,scenarios}/src/**/*.ts',
    ],
    ignores: ['**/main.ts', ...tests],
    rules: {
      'no-console': 'error',
      // Only main.ts reads the environment, once at start, and passes it to readConfig.
      'no-restricted-properties': ['error', { object: 'process', property: 'env' }],
    },
  },
  {
    files: tests,
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      // Tests assert on parsed JSON instead of typing it.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
  ...importBoundaries,
);
