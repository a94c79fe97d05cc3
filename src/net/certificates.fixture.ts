import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './lab.fixture.ts';

const run = promisify(execFile);

export interface Issued {
  readonly certificate: string;
  readonly key: string;
  readonly certificatePath: string;
  readonly keyPath: string;
}

export interface Wish {
  readonly subject?: string;
  /** As OpenSSL writes them: `DNS:a.example,IP:127.0.0.1`. */
  readonly names?: string;
  /** Days from today; negative ones are past. */
  readonly from?: number;
  readonly to?: number;
  /** Options of `openssl genpkey`. */
  readonly key?: readonly string[];
  readonly isAuthority?: boolean;
}

export interface Authority extends Issued {
  /** A certificate that it signed. */
  issue(wish?: Wish): Promise<Issued>;
}

const ecKey = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'] as const;

/** A private key as PEM, by options of `openssl genpkey`. */
export async function createKey(...options: readonly string[]): Promise<string> {
  const { stdout } = await run('openssl', ['genpkey', ...(options.length === 0 ? ecKey : options)]);
  return stdout;
}

/** A certificate authority of the test's own; made by the openssl command, because Node only reads certificates. */
export async function createAuthority(wish: Wish = {}): Promise<Authority> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'index.txt'), '');
  const config = join(folder, 'ca.cnf');
  await writeFile(
    config,
    `[ca]\ndefault_ca = own\n[own]\ndatabase = ${folder}/index.txt\nnew_certs_dir = ${folder}\nrand_serial = yes
default_md = sha256\npolicy = any\ncopy_extensions = copy\nunique_subject = no\n[any]\ncommonName = optional
organizationName = optional\ncountryName = optional\nstateOrProvinceName = optional\norganizationalUnitName = optional
localityName = optional\n[ca_ext]\nbasicConstraints = critical, CA:true\n[end_ext]\nbasicConstraints = CA:false\n`,
  );
  let count = 0;

  async function make(by: Issued | undefined, { subject, names, from, to, key, isAuthority }: Wish): Promise<Issued> {
    const base = join(folder, String(++count));
    const issued = { certificatePath: `${base}.crt`, keyPath: `${base}.key` };
    await writeFile(issued.keyPath, await createKey(...(key ?? [])));
    const extension = names === undefined ? [] : ['-addext', `subjectAltName=${names}`];
    const request = ['-key', issued.keyPath, '-out', `${base}.csr`, '-subj', subject ?? '/CN=localhost'];
    await run('openssl', ['req', '-new', ...request, ...extension]);
    await run('openssl', [
      ...['ca', '-batch', '-notext', '-config', config, '-in', `${base}.csr`, '-out', issued.certificatePath],
      ...['-startdate', asn1Time(from ?? -1), '-enddate', asn1Time(to ?? 365)],
      ...['-extensions', isAuthority === true ? 'ca_ext' : 'end_ext', '-keyfile', by?.keyPath ?? issued.keyPath],
      ...(by === undefined ? ['-selfsign'] : ['-cert', by.certificatePath]),
    ]);
    const [certificate, text] = await Promise.all([
      readFile(issued.certificatePath, 'utf8'),
      readFile(issued.keyPath, 'utf8'),
    ]);
    return { ...issued, certificate, key: text };
  }

  const own = await make(undefined, { subject: '/CN=Test authority', isAuthority: true, ...wish });
  // One after the other: `openssl ca` replaces its database each time.
  let last: Promise<unknown> = Promise.resolve();
  return {
    ...own,
    issue(wished = {}) {
      const issued = last.then(() => make(own, wished));
      last = issued.catch(() => {});
      return issued;
    },
  };
}

function asn1Time(days: number): string {
  return `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}
