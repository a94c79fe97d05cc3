/** An image reference, as github.com/google/go-containerregistry reads it: docker.io, `library/` and `latest` where nothing is said. */
export interface Reference {
  /** host, or host:port */
  readonly registry: string;
  readonly repository: string;
  /** The digest where there is one, else the tag. */
  readonly identifier: string;
  readonly isDigest: boolean;
}

export const dockerHub = 'index.docker.io';

/** Undefined when it is none. */
export function parseReference(text: string): Reference | undefined {
  const [, named = text, digest] = /^(.*?)@(.*)$/s.exec(text) ?? [];
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
  // A colon before the last slash belongs to the registry.
  const [, path = named, tag] = /^(.*):([^/]*)$/s.exec(named) ?? [];
  if (tag !== undefined && !/^[A-Za-z0-9_.-]{1,128}$/.test(tag)) return undefined;
  const [, first = '', rest = path] = /^([^/]+)\/(.*)$/s.exec(path) ?? [];
  const isRegistry = /[.:]/.test(first) || first === 'localhost';
  const registry = isRegistry && first !== 'docker.io' ? first : dockerHub;
  const bare = isRegistry ? rest : path;
  const repository = registry === dockerHub && !bare.includes('/') ? `library/${bare}` : bare;
  if (!/^[a-z0-9_\-./]{2,255}$/.test(repository) || repository.split('/').includes('')) return undefined;
  if (!URL.canParse(`https://${registry}/`) || new URL(`https://${registry}/`).host !== hostOf(registry))
    return undefined;
  return { registry, repository, identifier: digest ?? tag ?? 'latest', isDigest: digest !== undefined };
}

/** As a URL writes it, so that nothing else can hide in it. */
function hostOf(registry: string): string {
  return registry.toLowerCase().replace(/:443$/, '');
}
