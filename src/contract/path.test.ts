import { expect, test } from '@jest/globals';
import { pathPart } from './path.ts';

test.each([
  ['a/b\\c', 'a_b_c'],
  ['..', '__'],
  ['.', '_'],
  ['', '_'],
  ['etcd peer 10.0.0.1:2379', 'etcd peer 10.0.0.1:2379'],
  // A mark of Arabic text, which the reader refuses as it does all that turn the direction of text.
  ['x\u061cy', 'x_y'],
  ['x\u202ey', 'x_y'],
])('S1, P4: %j is the part %j, which our own reader takes', (name, part) => {
  expect(pathPart(name)).toBe(part);
});
