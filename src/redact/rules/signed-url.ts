import { patternRule } from '../rule.ts';

/** Whoever has such a URL may do what it allows. */
export const signedUrl = patternRule({
  id: 'signed-url',
  title: 'signatures of presigned URLs (AWS, Azure, Google)',
  anchors: ['sig=', 'x-amz-signature=', 'x-amz-credential=', 'x-goog-signature='],
  pattern: /(?<=[?&])(?:sig|x-(?:amz|goog)-(?:signature|credential))=(?<secret>[\w%+/=.-]{8,1024}?)(?=[&\s"'<>#]|$)/diy,
  hits: ['https://a.test/b?sv=1&sig=«abcdefgh%3D»&x=1', 'https://s3.test/k?X-Amz-Signature=«0123456789abcdef»'],
  misses: ['sig=SIGTERM', '?sig=9'],
});

export const webSession = patternRule({
  id: 'web-session',
  title: 'session ids of web servers',
  anchors: ['phpsessid', 'jsessionid', 'asp.net_sessionid', 'connect.sid'],
  pattern: /(?:phpsessid|jsessionid|asp\.net_sessionid|connect\.sid)=(?<secret>[\w%.+-]{8,512})/diy,
  hits: ['GET /;jsessionid=«0123456789ABCDEF» HTTP/1.1', 'PHPSESSID=«abcdefgh1»'],
  misses: ['JSESSIONID is not set', 'sessionid:0x14f05578bd80005'],
});
