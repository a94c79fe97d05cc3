import { expect, test } from '@jest/globals';
import { parseReference } from './reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

test.each([
  ['nginx', 'index.docker.io', 'library/nginx', 'latest'],
  ['nginx:1.2', 'index.docker.io', 'library/nginx', '1.2'],
  ['docker.io/nginx', 'index.docker.io', 'library/nginx', 'latest'],
  ['team/app', 'index.docker.io', 'team/app', 'latest'],
  ['quay.io/team/app:v1', 'quay.io', 'team/app', 'v1'],
  ['localhost/app', 'localhost', 'app', 'latest'],
  ['localhost:5000/app', 'localhost:5000', 'app', 'latest'],
  ['[::1]:5000/app:2', '[::1]:5000', 'app', '2'],
  [`quay.io/team/app:v1@${digest}`, 'quay.io', 'team/app', digest],
  [`app@${digest}`, 'index.docker.io', 'library/app', digest],
])('%s', (text, registry, repository, identifier) => {
  expect(parseReference(text)).toEqual({ registry, repository, identifier, isDigest: identifier === digest });
});

test.each([
  '',
  'Upper/Case',
  'a b',
  'quay.io/',
  'quay.io//x',
  'app:',
  'app:bad tag',
  'app@sha256:short',
  `app:${'x'.repeat(129)}`,
  'user:pass@evil.test/app',
  'evil.test#/app',
  'evil.test?x/app',
  'evil.test:99999/app',
  'evil.test\\x/app',
])('%j is none', (text) => {
  expect(parseReference(text)).toBeUndefined();
});
