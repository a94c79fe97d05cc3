import { lineOf } from '../keys/line.ts';
import { closing } from '../keys/value.ts';
import type { Found, Rule } from '../rule.ts';

const header = /----[- ]BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?[- ]----(?:-)?/iy;

/** RFC 7468, OpenSSH, PGP, SSH2. What ends it is the next line of dashes, or the end of the file. */
export const privateKey: Rule = {
  id: 'private-key',
  title: 'private keys in PEM, OpenSSH, PGP and SSH2, to their end',
  anchors: ['-----begin ', '---- begin '],
  find({ text }, at): readonly Found[] {
    header.lastIndex = at;
    if (!header.test(text)) return [];
    const start = header.lastIndex;
    const dashes = text.indexOf('----', start);
    const quote = lineOf(text, at).inJson ? closing(text, start, '"', 0) : -1;
    const end = quote !== -1 && (dashes === -1 || quote < dashes) ? quote : dashes;
    return [{ start: behindLineEnd(text, start), end: end === -1 ? text.length : end, until: '----' }];
  },
  hits: [
    '-----BEGIN RSA PRIVATE KEY-----\n«MIIE»\n«AbC=»\n-----END RSA PRIVATE KEY-----\nx',
    '-----BEGIN OPENSSH PRIVATE KEY-----\n  «b3Bl»\n',
    '{"pem":"-----BEGIN PRIVATE KEY-----\\n«MIIE»","a":1}',
    '{"pem":"-----BEGIN PRIVATE KEY-----\\n«MIIE\\nAbC=\\n»-----END PRIVATE KEY-----\\n"}',
  ],
  misses: ['-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----', '-----BEGIN PUBLIC KEY-----\nMIIE\n'],
};

/** A line end in a string of JSON stays, like one of the text. */
function behindLineEnd(text: string, at: number): number {
  return text.startsWith('\\n', at) ? at + 2 : text.startsWith('\\r\\n', at) ? at + 4 : at;
}

const lines = /private-lines: (\d{1,3})\r?\n/iy;

/** The format of PuTTY's key files says how many lines follow. */
export const puttyKey: Rule = {
  id: 'putty-key',
  title: "private keys in PuTTY's format",
  anchors: ['private-lines: '],
  find({ text }, at): readonly Found[] {
    lines.lastIndex = at;
    const match = lines.exec(text);
    if (match === null) return [];
    let end = lines.lastIndex;
    for (let count = Number(match[1]); count > 0; count--) {
      const next = text.indexOf('\n', end);
      if (next === -1) return [{ start: lines.lastIndex, end: text.length }];
      end = next + 1;
    }
    return [{ start: lines.lastIndex, end }];
  },
  hits: ['Private-Lines: 2\n«AAAA»\n«BBBB»\nPrivate-MAC: 00\n'],
  misses: ['Public-Lines: 2\nAAAA\nBBBB\n', 'Private-Lines: many\n'],
};
