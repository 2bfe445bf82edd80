// One configuration, four levels by file suffix:
//   unit  *.spec.ts          no I/O
//   int   *.int.spec.ts      real servers, through libs/testing
//   e2e   e2e/*.e2e.spec.ts  the whole running system
//   long  e2e/*.long.spec.ts the same, for what takes too long for every run (npm run test:long)
const shared = {
  testEnvironment: 'node',
  // Without 'import', because Jest's own packages would then resolve to ESM and fail.
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['/dist/', '/\\.stack/'],
};
const outsideE2e = ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/tools'];

export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      roots: outsideE2e,
      testMatch: ['**/*.spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.int\\.spec\\.ts$'],
    },
    { ...shared, displayName: 'int', roots: outsideE2e, testMatch: ['**/*.int.spec.ts'] },
    { ...shared, displayName: 'e2e', roots: ['<rootDir>/e2e'], testMatch: ['**/*.e2e.spec.ts'] },
    { ...shared, displayName: 'long', roots: ['<rootDir>/e2e'], testMatch: ['**/*.long.spec.ts'] },
  ],
};
