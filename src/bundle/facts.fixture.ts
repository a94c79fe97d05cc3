/** What a manifest says of a run in which nothing happened, every part of it given: the same facts, the same bytes. */
export const facts = {
  tool: { name: 'hostbundle', version: '0.0.0' },
  created: '2026-11-21T10:00:00.000Z',
  durationMs: 1.5,
  clockStepMs: null,
  host: { os: 'linux', kernel: '6', arch: 'x64', hostname: 'lab' },
  spec: { name: 'lab', sha256: '' },
  complete: true,
  incompleteReason: null,
  notes: [],
  collections: [],
};
