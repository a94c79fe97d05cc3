import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suggestion } from '../../contract/nearest.ts';
import { refusal } from '../../contract/problem.ts';
import { allSchemas } from '../../spec/schemas.ts';
import { checks } from '../checks.ts';
import { exitCodes } from '../exit.ts';
import { writeOut } from '../output.ts';

export async function schema(kind: string | undefined, folder: string | undefined): Promise<number> {
  const schemas = allSchemas(checks);
  if (folder !== undefined) {
    await mkdir(folder, { recursive: true });
    for (const [name, value] of schemas) await writeFile(join(folder, `${name}.json`), text(value));
    await writeOut(`${schemas.size} schemas written to ${folder}\n`);
    return exitCodes.done;
  }
  const wanted = kind ?? 'spec';
  const found = schemas.get(wanted);
  if (found === undefined) {
    const message = `there is no schema "${wanted}"${suggestion(wanted, [...schemas.keys()])}`;
    throw refusal('unknown-schema', message);
  }
  await writeOut(text(found));
  return exitCodes.done;
}

function text(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
