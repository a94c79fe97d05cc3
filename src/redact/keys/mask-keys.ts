import { mask } from '../span.ts';
import { isNoSecret, isSecretKey } from './words.ts';

/** Data with the values of secret keys masked, whatever they hold; `onSecret` is told each. */
export function maskSecretKeys(value: unknown, onSecret: (secret: string) => void, isUnder = false): unknown {
  if (Array.isArray(value)) return value.map((item) => maskSecretKeys(item, onSecret, isUnder));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, maskSecretKeys(child, onSecret, isUnder || isSecretKey(key))]),
    );
  }
  if (!isUnder || (typeof value !== 'string' && typeof value !== 'number') || isNoSecret(String(value))) return value;
  onSecret(String(value));
  return mask;
}
