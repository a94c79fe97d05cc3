import { r, uuid, type Vendor } from './vendor.ts';

/** Of language models and what feeds them. */
export const models: readonly Vendor[] = [
  {
    name: 'openai',
    anchors: ['sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sk-', 'sess-'],
    token:
      /(?:sk-(?:proj|svcacct|admin|None|service)-[\w-]{20,255}|sk-(?:[A-Za-z0-9]{20}T3BlbkFJ)?[A-Za-z0-9]{20,48}|sess-[A-Za-z0-9]{40})(?![\w-])/,
    example: `sk-proj-${r('aB3', 48)}`,
  },
  { name: 'anthropic', anchors: ['sk-ant-'], token: /sk-ant-[\w-]{20,255}/, example: `sk-ant-api03-${r('aB3', 93)}` },
  { name: 'openrouter', anchors: ['sk-or-v1-'], token: /sk-or-v1-[0-9a-f]{40,80}/, example: `sk-or-v1-${r('a1', 64)}` },
  { name: 'groq', anchors: ['gsk_'], token: /gsk_[A-Za-z0-9]{40,64}/, example: `gsk_${r('aB3', 52)}` },
  { name: 'xai', anchors: ['xai-'], token: /xai-[A-Za-z0-9]{60,100}/, example: `xai-${r('aB3', 80)}` },
  { name: 'perplexity', anchors: ['pplx-'], token: /pplx-[A-Za-z0-9]{40,64}/, example: `pplx-${r('aB3', 48)}` },
  { name: 'replicate', anchors: ['r8_'], token: /r8_[A-Za-z0-9]{37,40}(?![A-Za-z0-9])/, example: `r8_${r('aB3', 37)}` },
  {
    name: 'hugging-face',
    anchors: ['hf_', 'api_org_'],
    token: /(?:hf_[A-Za-z0-9]{30,64}|api_org_[A-Za-z0-9]{30,64})/,
    example: `hf_${r('aB', 34)}`,
  },
  {
    name: 'langsmith',
    anchors: ['lsv2_'],
    token: /lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}/,
    example: `lsv2_pt_${r('a1', 32)}_${r('a1', 10)}`,
  },
  {
    name: 'langfuse',
    anchors: ['sk-lf-'],
    token: /sk-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/,
    example: `sk-lf-${uuid}`,
  },
  { name: 'nvidia', anchors: ['nvapi-'], token: /nvapi-[\w-]{40,80}/, example: `nvapi-${r('aB3', 64)}` },
  { name: 'firecrawl', anchors: ['fc-'], token: /fc-[0-9a-f]{32}(?![\w-])/, example: `fc-${r('a1', 32)}` },
  {
    name: 'tavily',
    anchors: ['tvly-'],
    token: /tvly-(?:dev-)?[A-Za-z0-9]{20,64}(?![\w-])/,
    example: `tvly-${r('aB3', 32)}`,
  },
  { name: 'jina', anchors: ['jina_'], token: /jina_[\w-]{50,70}(?![\w-])/, example: `jina_${r('aB3', 60)}` },
  { name: 'together', anchors: ['tgp_v1_'], token: /tgp_v1_[\w-]{40,50}(?![\w-])/, example: `tgp_v1_${r('aB3', 43)}` },
  {
    name: 'pinecone',
    anchors: ['pcsk_'],
    token: /pcsk_[A-Za-z0-9]{4,8}_[A-Za-z0-9]{40,80}(?![\w-])/,
    example: `pcsk_${r('aB3', 5)}_${r('aB3', 63)}`,
  },
  { name: 'cerebras', anchors: ['csk-'], token: /csk-[a-z0-9]{40,56}(?![\w-])/, example: `csk-${r('a1', 48)}` },
  { name: 'voyage', anchors: ['pa-'], token: /pa-[\w-]{40,50}(?![\w-])/, example: `pa-${r('aB3', 43)}` },
];
