/**
 * `npm run lts [-- TESTS…]`: the tests once more, on the Node release below, which comes from the npm package `node`. Without the
 * proofs, which say nothing about a release.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';

/** Of the line with long-term support that most hosts have. */
const release = '24.21.0';

const root = resolve(import.meta.dirname, '..');
const folder = resolve(root, 'node_modules/.cache/lts', release);
const node = resolve(folder, 'node_modules/node/bin/node');
const run = (command, args) => {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
};

if (!existsSync(node)) {
  mkdirSync(folder, { recursive: true });
  run('npm', ['install', '--silent', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, `node@${release}`]);
}
run(node, [
  ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'],
  ...['--testPathIgnorePatterns', 'test/prove', '--'],
  ...process.argv.slice(2),
]);
