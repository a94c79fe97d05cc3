import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { run } from './lab.ts';

const root = resolve(import.meta.dirname, '..');
const lockText = readFileSync(resolve(root, 'package-lock.json'), 'utf8');

interface Locked {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly engines?: { readonly node?: string };
}

const lock = JSON.parse(lockText) as { readonly packages: Readonly<Record<string, Locked>> };
const own = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
};

const packages = Object.entries(lock.packages)
  .filter(([path]) => path !== '')
  .map(([path, locked]) => ({ name: path.slice(path.lastIndexOf('node_modules/') + 13), path, ...locked }));
const production = packages.filter(({ dev }) => dev !== true);

/** The first versions without a known hole, for each major that is kept up; `npm audit` cannot be asked. */
const floors: Readonly<Record<string, readonly string[]>> = {
  tar: ['7.5.21'],
  'js-yaml': ['3.15.2', '4.3.2', '5.2.1'],
  ajv: ['8.18.0'],
  'fast-uri': ['3.1.7'],
  archiver: ['8.0.0'],
  minimatch: ['10.2.5'],
  'brace-expansion': ['1.1.18', '2.1.4', '5.0.9'],
  picomatch: ['2.3.2', '4.0.7'],
  yargs: ['18.2.0'],
};

describe('package-lock.json', () => {
  test.each(Object.entries(floors))('%s is free of known holes', (name, versions) => {
    // What only tests use may be of an older major, as long as nothing is known of it.
    const judged = packages.filter(
      (locked) => locked.name === name && (locked.dev !== true || versions.some((floor) => isSameMajor(locked, floor))),
    );
    expect(judged).not.toEqual([]);
    const wrong = judged
      .filter((locked) => !versions.some((floor) => isSameMajor(locked, floor) && isAtLeast(locked, floor)))
      .map(({ path, version }) => `${path} is ${version}; at least ${versions.join(' or ')}`);
    expect(wrong).toEqual([]);
  });

  test('no package for production runs a script when it is installed', () => {
    expect(production.filter(({ hasInstallScript }) => hasInstallScript).map(({ path }) => path)).toEqual([]);
  });

  test('D0: none of them brings a decoder of Brotli or a `fetch`', () => {
    const names = production.map(({ name }) => name);
    expect(names.filter((name) => /brotli|undici|node-fetch/.test(name))).toEqual([]);
  });

  test('names no registry, so that any mirror serves', () => {
    expect(lockText).not.toContain('"resolved"');
    expect(lockText.match(/registry\.[\w.-]+/g)).toBeNull();
  });

  test('every package is pinned by a digest, but for tools of other platforms that no registry near us has', () => {
    const loose = packages
      .filter((locked) => !('integrity' in locked) && !(locked.dev === true && locked.optional === true))
      .map(({ path }) => path);
    expect(loose).toEqual([]);
  });
});

test('npm run sbom: CycloneDX, with every package for production and its version', async () => {
  const { code, stdout } = await run('npm', ['run', '--silent', 'sbom'], { cwd: root });
  expect(code).toBe(0);
  const bom = JSON.parse(stdout.toString()) as {
    bomFormat: string;
    components: { name: string; version: string; group?: string }[];
  };
  expect(bom.bomFormat).toBe('CycloneDX');
  const listed = bom.components.map(({ group, name, version }) => `${group ? `${group}/` : ''}${name} ${version}`);
  expect([...new Set(listed)].sort()).toEqual(
    [...new Set(production.map(({ name, version }) => `${name} ${version}`))].sort(),
  );
}, 60_000);

test('what is built says whose packages are in it, with their licences', () => {
  const text = readFileSync(resolve(root, 'dist/LICENSES.txt'), 'utf8');
  for (const name of Object.keys(own.dependencies)) {
    const { version } = packages.find(({ path }) => path === `node_modules/${name}`) ?? {};
    expect(text).toContain(`${name} ${version}: `);
  }
  expect(readFileSync(resolve(root, 'LICENSE'), 'utf8')).toMatch(/Apache License\s+Version 2\.0/);
});

describe('package.json', () => {
  test('every version is exact', () => {
    const all = Object.entries({ ...own.dependencies, ...own.devDependencies });
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  test('promises no Node older than the packages need', () => {
    expect(own.engines.node).toBe('>=20.19.0');
    const direct = new Set(Object.keys(own.dependencies));
    const needs = production.filter(({ name }) => direct.has(name)).map(({ name, engines }) => [name, engines?.node]);
    expect(needs.filter(([, node]) => node !== undefined && !takesNode20(node))).toEqual([]);
  });
});

function isSameMajor({ version = '' }: Locked, floor: string): boolean {
  return version.split('.')[0] === floor.split('.')[0];
}

function isAtLeast({ version = '' }: Locked, floor: string): boolean {
  return version.localeCompare(floor, 'en', { numeric: true }) >= 0;
}

/** Whether one of the alternatives of a range takes 20.19.0, as far as our packages write ranges. */
function takesNode20(range: string): boolean {
  return range.split('||').some((part) => {
    const match = /^(?<operator>>=|\^)?\s*(?<major>\d+)(?:\.(?<minor>\d+))?/.exec(part.trim());
    const { operator = '', major = '', minor = '0' } = match?.groups ?? {};
    if (Number(major) === 20) return Number(minor) <= 19;
    return operator === '>=' && Number(major) < 20;
  });
}
