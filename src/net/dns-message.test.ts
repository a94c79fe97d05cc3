import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeAnswer, encodeQuestion, type RecordType } from './dns-message.ts';

function question(name: string, type: RecordType = 'A'): Buffer {
  const bytes = encodeQuestion(7, name, type);
  if (bytes === undefined) throw new Error(`${name} is no name`);
  return bytes;
}

/** An answer to a question whose records are given as hexadecimal text; names may point to the question at 12 (c00c). */
function answer(asked: Buffer, records: readonly string[], flags = 0x8180): Buffer {
  const head = Buffer.from(asked.subarray(0, 12));
  head.writeUInt16BE(flags, 2);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([
    head,
    asked.subarray(12),
    ...records.map((hex) => Buffer.from(hex.replaceAll(' ', ''), 'hex')),
  ]);
}

const asked = question('db.a.test.');
const lines = (message: Buffer) => decodeAnswer(message, asked)?.records.map(({ line }) => line);

describe('answers', () => {
  test.each([
    ['c00c 0001 0001 0000003c 0004 0a000001', 'db.a.test.\t60\tIN\tA\t10.0.0.1'],
    ['c00c 001c 0001 00000000 0010 20010db8000000000000000000000001', 'db.a.test.\t0\tIN\tAAAA\t2001:db8::1'],
    ['c00c 0005 0001 ffffffff 0006 03777777 c00f', 'db.a.test.\t4294967295\tIN\tCNAME\twww.a.test.'],
    ['03612e62 00 0010 0001 00000001 0003 026f6b', 'a\\.b.\t1\tIN\tTYPE16\t\\# 3 026F6B'],
    ['00 002e 0003 00000001 0000', '.\t1\tCLASS3\tTYPE46\t\\# 0'],
    ['02e42000 0001 0001 00000001 0004 7f000001', '\\228\\ .\t1\tIN\tA\t127.0.0.1'],
  ])('%s', (hex, line) => {
    expect(lines(answer(asked, [hex]))).toEqual([line]);
  });

  test('response codes are told', () => {
    expect(decodeAnswer(answer(asked, [], 0x8183), asked)).toMatchObject({ responseCode: 'NXDOMAIN' });
    expect(decodeAnswer(answer(asked, [], 0x818b), asked)).toMatchObject({ responseCode: 'RCODE11' });
  });

  test('of one that was cut, what is whole counts', () => {
    const whole = 'c00c 0001 0001 0000003c 0004 0a000001';
    const message = answer(asked, [whole, whole], 0x8380).subarray(0, -3);
    expect(decodeAnswer(message, asked)).toMatchObject({ truncated: true, records: [{ value: '10.0.0.1' }] });
  });

  test('those to other questions are none', () => {
    expect(decodeAnswer(answer(question('other.test.'), []), asked)).toBeUndefined();
    expect(decodeAnswer(answer(question('db.a.test.', 'AAAA'), []), asked)).toBeUndefined();
    expect(decodeAnswer(answer(asked, [], 0x0100), asked)).toBeUndefined();
    const other = answer(asked, []);
    other.writeUInt16BE(8, 0);
    expect(decodeAnswer(other, asked)).toBeUndefined();
  });

  test('letter case of the question does not count', () => {
    expect(decodeAnswer(answer(question('DB.A.test.'), []), asked)).toMatchObject({ records: [] });
  });

  test.each([
    ['a name that points to itself', 'c01b 0001 0001 00000000 0000'],
    ['one that points forward', 'c0ff 0001 0001 00000000 0000'],
    ['an end within a record', 'c00c 0001 0001 0000003c 0004 0a00'],
    ['a label of an unknown kind', '80 0001'],
  ])('S6: %s is no message', (_, hex) => {
    expect(() => decodeAnswer(answer(asked, [hex]), asked)).toThrow();
  });

  test('S6: any bytes are an answer, none, or an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const message = Buffer.concat([answer(asked, []).subarray(0, 12 + 15), Buffer.from(bytes)]);
        message.writeUInt16BE(3, 6);
        try {
          decodeAnswer(message, asked);
        } catch (error) {
          expect((error as Error).message).toMatch(/^(the message|a name|a label)/);
        }
      }),
    );
  });
});

test('a name survives being asked for', () => {
  const label = fc.stringMatching(/^[a-z0-9_*-]{1,63}$/);
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), (labels) => {
      const bytes = question(`${labels.join('.')}.`);
      const record = 'c00c 0001 0001 0000003c 0004 0a000001';
      expect(decodeAnswer(answer(bytes, [record]), bytes)?.records[0]?.line.split('\t')[0]).toBe(
        `${labels.join('.')}.`,
      );
    }),
  );
});

test.each(['a..b.', '..', `${'x'.repeat(64)}.`, `${'x'.repeat(60)}.`.repeat(5)])('%j can be no name', (name) => {
  expect(encodeQuestion(1, name, 'A')).toBeUndefined();
});
