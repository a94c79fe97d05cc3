import { holdsInCi } from './in-ci.ts';

await holdsInCi('throughput');
