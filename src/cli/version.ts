import manifest from '../../package.json' with { type: 'json' };

export const { version } = manifest;

/** As a manifest names what made it. */
export const tool = { name: 'hostbundle', version } as const;
