import { describe, expect, test } from '@jest/globals';
import { parseResolvConf, queryNames, searchOf } from './resolv-conf.ts';

describe('as resolver libraries read it', () => {
  test.each([
    ['', [], [], 1],
    ['nameserver 10.0.0.53\nnameserver fd00::53\nnameserver\n', ['10.0.0.53', 'fd00::53'], [], 1],
    ['search a.test b.test\ndomain c.test d.test\n', [], ['c.test'], 1],
    ['domain c.test\nsearch a.test\tb.test\r\n', [], ['a.test', 'b.test'], 1],
    ['search a.test\nsearch\n', [], [], 1],
    ['options ndots:5 timeout:1 rotate\n', [], [], 5],
    ['options ndots:99\n', [], [], 15],
    ['options ndots:x\n', [], [], 0],
    ['# nameserver 1.1.1.1\n; nameserver 2.2.2.2\n  nameserver   3.3.3.3  # ours\n', ['3.3.3.3'], [], 1],
  ])('%j', (text, servers, search, ndots) => {
    expect(parseResolvConf(text)).toEqual({ servers, search, ndots });
  });

  test.each([
    ['foo', 1, ['foo.a.test.', 'foo.b.', 'foo.']],
    ['foo.bar', 1, ['foo.bar.', 'foo.bar.a.test.', 'foo.bar.b.']],
    ['foo.bar', 2, ['foo.bar.a.test.', 'foo.bar.b.', 'foo.bar.']],
    ['foo.bar.', 5, ['foo.bar.']],
    ['foo', 0, ['foo.', 'foo.a.test.', 'foo.b.']],
    ['*', 1, ['*.a.test.', '*.b.', '*.']],
    ['a\\.', 1, ['a\\..a.test.', 'a\\..b.', 'a\\..']],
  ])('%s with ndots %i', (name, ndots, names) => {
    expect(queryNames(name, { servers: [], search: ['a.test', 'b.'], ndots })).toEqual(names);
  });

  test.each([
    ['foo.com.', 'foo.com', ''],
    ['bar.com', 'bar.com', ''],
    ['*.foo.testcluster.net.', '*', 'foo.testcluster.net'],
  ])('%s for %s is found by %j', (asked, name, search) => {
    expect(searchOf(asked, name)).toBe(search);
  });
});
