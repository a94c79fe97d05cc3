import { describe, expect, test } from '@jest/globals';
import { formatHostPort, hostMistake, parseHostPort } from './address.ts';

describe('parseHostPort', () => {
  test.each([
    ['db.example.com:5432', 'db.example.com', 5432],
    ['127.0.0.1:1', '127.0.0.1', 1],
    ['[::1]:65535', '::1', 65535],
    ['[fe80::1%eth0]:80', 'fe80::1%eth0', 80],
    ['[::ffff:10.0.0.1]:80', '::ffff:10.0.0.1', 80],
    [':80', 'localhost', 80],
    ['under_score:80', 'under_score', 80],
    ['DB:0080', 'DB', 80],
  ])('%s', (text, host, port) => {
    expect(parseHostPort(text)).toEqual({ host, port });
  });

  test.each([
    ['', 'the address is empty; write host:port, such as db.example.com:5432 or [2001:db8::1]:5432'],
    ['db', '"db" lacks a port; write db:PORT'],
    ['db:', '"db:" lacks a port; write db:PORT'],
    [':', '":" lacks a port; write localhost:PORT'],
    ['::1', '"::1" is an IPv6 address without brackets; write [::1]:PORT'],
    ['[::1]', '"[::1]" lacks a port; write [::1]:PORT'],
    ['[::1]:', '"[::1]:" lacks a port; write [::1]:PORT'],
    ['[::1]80', '"[::1]80" has text after the bracket; write [::1]:PORT'],
    [
      '2001:db8:0:0:0:0:0:1:80',
      '"2001:db8:0:0:0:0:0:1:80" is an IPv6 address without brackets; write [2001:db8:0:0:0:0:0:1]:80',
    ],
    ['::1:6443', '"::1:6443" is an IPv6 address without brackets; write [::1:6443]:PORT, or [::1]:6443'],
    ['a:b:80', '"a:b:80" has too many colons; write host:port, such as db.example.com:5432 or [2001:db8::1]:5432'],
    [
      '[127.0.0.1]:80',
      '"127.0.0.1" in brackets is no IPv6 address; write host:port, such as db.example.com:5432 or [2001:db8::1]:5432',
    ],
    ['http://db:80/x', '"http://db:80/x" is a URL; leave out the scheme and the path: write db:80'],
    ['https://db/x', '"https://db/x" is a URL; leave out the scheme and the path: write db:PORT'],
    [
      '{{ .Host }}:80',
      '"{{ .Host }}:80" has template text left in it; write host:port, such as db.example.com:5432 or [2001:db8::1]:5432',
    ],
    ['db :80', '"db :80" has a blank in it; write host:port, such as db.example.com:5432 or [2001:db8::1]:5432'],
    ['db:http', '"http" is a service name; write the port\'s number'],
    ['db:0', 'port 0 does not exist; write a number from 1 to 65535'],
    ['db:65536', 'port 65536 does not exist; write a number from 1 to 65535'],
    ['db:-1', '"-1" is no port; "db:-1" must end in a number from 1 to 65535'],
    ['db:8_0', '"8_0" is no port; "db:8_0" must end in a number from 1 to 65535'],
    ['db:99999999999', '"99999999999" is no port; "db:99999999999" must end in a number from 1 to 65535'],
    ['sw!$$.com:80', '"!" cannot be in a host name; allowed are letters, digits, - _ . and, in addresses, : %'],
    ['münchen.de:80', '"münchen.de" has letters that DNS does not know; write xn--mnchen-3ya.de'],
    ...['256.1.1.1', '010.0.0.1', '1.2.3', '10.0.0.1.', '0x7f.1', '2130706433', '55..55'].map(
      (host) =>
        [
          `${host}:80`,
          `"${host}" is no IPv4 address; write four numbers from 0 to 255 without leading zeros, such as 192.0.2.10`,
        ] as const,
    ),
    ['a%b:80', '"a%b" is neither a host name nor an IPv6 address'],
    [`${'a'.repeat(254)}:80`, 'a host name has at most 253 characters, this one 254'],
  ])('says of %j what to write', (text, mistake) => {
    expect(parseHostPort(text)).toEqual({ mistake });
  });
});

test('D0: no control character, blank, quote or letter beyond ASCII gets into a lookup', () => {
  for (let code = 0; code < 0x300; code++) {
    const character = String.fromCharCode(code);
    const fine = /[A-Za-z0-9\-_.]/.test(character);
    expect([code, hostMistake(`a${character}b`) === undefined]).toEqual([code, fine]);
  }
});

test('formatHostPort puts brackets around what has colons', () => {
  expect(formatHostPort('::1', 80)).toBe('[::1]:80');
  expect(formatHostPort('db', 80)).toBe('db:80');
});
