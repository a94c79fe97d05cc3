import { expect, test } from '@jest/globals';
import { parseBool, yaml11Boolean } from './bool.ts';

test.each(['1', 't', 'T', 'TRUE', 'true', 'True'])('parseBool reads %s as true', (text) => {
  expect(parseBool(text)).toBe(true);
});

test.each(['0', 'f', 'F', 'FALSE', 'false', 'False'])('parseBool reads %s as false', (text) => {
  expect(parseBool(text)).toBe(false);
});

test.each(['', 'yes', 'no', 'on', 'tRUE', ' true', 'true ', '123', "''", '1.2', 'constructor'])(
  'parseBool has no answer for %j',
  (text) => {
    expect(parseBool(text)).toBeUndefined();
  },
);

test.each('y Y yes Yes YES on On ON true True TRUE'.split(' '))('YAML 1.1 reads %s as true', (text) => {
  expect(yaml11Boolean(text)).toBe(true);
});

test.each('n N no No NO off Off OFF false False FALSE'.split(' '))('YAML 1.1 reads %s as false', (text) => {
  expect(yaml11Boolean(text)).toBe(false);
});

test.each(['', 'yEs', 'oN', '1', 't', ' yes', '~'])('YAML 1.1 reads %j as no boolean', (text) => {
  expect(yaml11Boolean(text)).toBeUndefined();
});
