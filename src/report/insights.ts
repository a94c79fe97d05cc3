import type { Finding, Verdict } from '../contract/finding.ts';

const severities: Readonly<Record<Verdict, string>> = {
  fail: 'error',
  warn: 'warn',
  pass: 'debug',
  unknown: '',
  skipped: '',
};

/** `analysis.json` in the shape of troubleshoot.sh's insights, plus `uri`, `strict` and `verdict`, which it loses. */
export function renderInsights(findings: readonly Finding[]): string {
  return escapeAsGo(JSON.stringify(findings.map(insight), null, 4));
}

function insight({ title, message, reason, verdict, uri, strict }: Finding): object {
  const name = title.toLowerCase().replace(/[^a-z0-9]+/g, '.');
  const severity = severities[verdict];
  const detail = message === '' ? (reason ?? '') : message;
  const icons = { iconKey: '', iconUri: '' };
  return {
    ...(name !== '' && { name }),
    labels: { desiredPosition: '1', ...icons },
    insight: {
      ...(name !== '' && { name }),
      labels: icons,
      primary: title,
      detail,
      ...(severity !== '' && { severity }),
    },
    severity,
    analyzerSpec: '',
    ...(verdict === 'fail' && detail !== '' && { error: detail }),
    uri,
    strict,
    verdict,
  };
}

/** Go's encoding/json writes these characters escaped; so do we, so that texts compare. */
function escapeAsGo(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
