const swc = {
  jsc: { target: 'es2023', parser: { syntax: 'typescript' }, experimental: { keepImportAttributes: true } },
  module: { type: 'es6' },
};

export default {
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testEnvironment: 'node',
  // All processors: many tests wait for a clock or a child most of the time.
  maxWorkers: '100%',
  // Nothing is judged by it: what hangs is found, and what shares its processors with much else is not called hung.
  testTimeout: 30_000,
  reporters: ['default', '<rootDir>/test/count-reporter.js'],
  extensionsToTreatAsEsm: ['.ts', '.yaml'],
  transform: { '\\.ts$': ['@swc/jest', swc], '\\.yaml$': '<rootDir>/test/text-transform.js' },
};
