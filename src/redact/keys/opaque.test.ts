import { expect, test } from '@jest/globals';
import { isOpaque, isOpaqueValue } from './opaque.ts';

test.each([
  ['d41d8cd98f00b204e9800998ecf8427e', true, true],
  ['f59dffd2-83ea-47c7-ba8f-95e053a6d0ae', true, true],
  ['M5gj3Jev9qI3hv2KuTOrvF0gVrBq5Usi', true, true],
  ['a8c3ef01x345v789', false, true],
  ['IO80211AWDLPeerManager', false, true],
  ['nw_nat64_post_new_ifstate', false, false],
  ['dashboards-of-the-team-2024', false, false],
  ['1234567890123456', false, false],
  ['AppWindowTokenOfSomething', false, false],
])('%s alone: %s, as a value: %s', (word, alone, asValue) => {
  expect([isOpaque(word), isOpaqueValue(word)]).toEqual([alone, asValue]);
});
