import { join } from 'node:path';
import type { Host } from '../../contract/collector.ts';
import { parseHostileJson } from '../../contract/hostile-json.ts';
import { isErrno } from '../../net/classify.ts';
import { dockerHub } from './reference.ts';

export interface Credentials {
  /** Where they come from; never what they are. */
  readonly source: string;
  /** `user:password` in base64. */
  readonly basic?: string;
  /** In place of them, to be exchanged for a token. */
  readonly identityToken?: string;
}

export const nobody: Credentials = { source: 'none' };

/** The names under which Docker keeps the credentials of its own hub. */
const hubNames = ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io'];

/** What this host has for a registry: Docker's own file, else those of Podman and its kin. */
export async function hostCredentials(registry: string, host: Host): Promise<Credentials> {
  const home = host.environment('HOME') ?? '/root';
  const docker = host.environment('DOCKER_CONFIG') ?? join(home, '.docker');
  const files = [join(docker, 'config.json'), host.environment('REGISTRY_AUTH_FILE')];
  const runtime = host.environment('XDG_RUNTIME_DIR');
  if (runtime !== undefined) files.push(join(runtime, 'containers/auth.json'));
  files.push(join(host.environment('XDG_CONFIG_HOME') ?? join(home, '.config'), 'containers/auth.json'));
  for (const file of files) {
    const text = file === undefined ? undefined : await host.readText(file).catch(() => undefined);
    if (file === undefined || text === undefined) continue;
    // As go-containerregistry: the first file that is there is the one that counts.
    return fromFile(text, file, registry, host);
  }
  host.signal.throwIfAborted();
  return nobody;
}

async function fromFile(text: string, file: string, registry: string, host: Host): Promise<Credentials> {
  const config = objectOf(json(text));
  if (config === undefined) return { source: `none (${file} is no JSON)` };
  const names = registry === dockerHub ? hubNames : [registry];
  const helper = named(objectOf(config['credHelpers']), names) ?? config['credsStore'];
  const entry = objectOf(named(objectOf(config['auths']), names));
  const basic = entry === undefined ? undefined : basicOf(entry);
  const identityToken = entry === undefined ? undefined : textOf(entry['identitytoken']);
  if (identityToken !== undefined) return { source: file, identityToken };
  if (basic !== undefined) return { source: file, basic };
  return typeof helper === 'string' && helper !== '' ? fromHelper(helper, names[0] ?? registry, host) : nobody;
}

const helperMs = 5000;

/** By the protocol of docker/docker-credential-helpers: the registry on stdin, JSON on stdout. */
async function fromHelper(name: string, registry: string, host: Host): Promise<Credentials> {
  const source = `credential helper ${name}`;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name))
    return { source: 'none (the credential helper has no usable name)' };
  try {
    const { stdout, exitCode } = await host.run(`docker-credential-${name}`, ['get'], {
      limitMs: helperMs,
      input: registry,
    });
    const told = exitCode === 0 ? objectOf(json(stdout)) : undefined;
    const [username, secret] = [textOf(told?.['Username']), textOf(told?.['Secret'])];
    if (username === undefined || secret === undefined) return { source: `none (the ${source} has nothing for it)` };
    if (username === '<token>') return { source, identityToken: secret };
    return { source, basic: basicCredentials(username, secret) };
  } catch (error) {
    host.signal.throwIfAborted();
    return { source: `none (the ${source} cannot be run: ${isErrno(error) ? error.code : 'EUNKNOWN'})` };
  }
}

/** The entry for the first of the names, or one that is the same host written as a URL. */
function named(entries: Readonly<Record<string, unknown>> | undefined, names: readonly string[]): unknown {
  const all = Object.entries(entries ?? {});
  const exact = names.flatMap((name) => all.filter(([key]) => key === name));
  const alike = all.filter(([key]) => names.includes(key.replace(/^https?:\/\//, '').replace(/\/.*$/, '')));
  return [...exact, ...alike][0]?.[1];
}

function basicOf(entry: Readonly<Record<string, unknown>>): string | undefined {
  const username = textOf(entry['username']);
  const password = textOf(entry['password']);
  if (username !== undefined && password !== undefined) return basicCredentials(username, password);
  return textOf(entry['auth']);
}

export function basicCredentials(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}

function json(text: string): unknown {
  try {
    return parseHostileJson(text, { maxDepth: 20 });
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
