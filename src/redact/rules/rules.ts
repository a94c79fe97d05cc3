import type { Rule } from '../rule.ts';
import { basic, bearer } from './authorization.ts';
import { netrc, pgpass, registryAuth, snmpCommunity } from './client-files.ts';
import { commandLine } from './command-line.ts';
import { directive } from './directive.ts';
import { encoded, jwt } from './jwt.ts';
import { kubernetesSecret } from './kubernetes-secret.ts';
import { nearSecret } from './near-secret.ts';
import { passwordHash } from './password-hash.ts';
import { piped } from './piped.ts';
import { prefixedToken } from './prefixed-token.ts';
import { privateKey, puttyKey } from './private-key.ts';
import { secretKey } from './secret-key.ts';
import { signedUrl, webSession } from './signed-url.ts';
import { announced, stated } from './stated.ts';
import { tokens } from './tokens/tokens.ts';
import { upstream } from './upstream.ts';
import { urlCredentials, urlToken } from './url-credentials.ts';
import { vendorContext } from './vendor-context.ts';

/** Every built-in rule: by key, by syntax, by what stands in front; never by how random a text looks alone, because digests and ids look so too. */
export const rules: readonly Rule[] = [
  secretKey,
  urlCredentials,
  urlToken,
  bearer,
  basic,
  jwt,
  encoded,
  privateKey,
  puttyKey,
  passwordHash,
  registryAuth,
  netrc,
  pgpass,
  snmpCommunity,
  directive,
  stated,
  announced,
  commandLine,
  piped,
  signedUrl,
  webSession,
  kubernetesSecret,
  ...tokens,
  prefixedToken,
  vendorContext,
  nearSecret,
  ...upstream,
];
