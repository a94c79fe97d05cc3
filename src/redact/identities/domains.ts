/** Where the name of a host ends: known last labels, so that names of files and of packages are not taken for hosts. */

const generic =
  words(`com net org edu gov mil int info biz aero coop jobs mobi museum travel xyz online tech cloud systems
  solutions agency digital consulting services software hosting host engineering`);

/** Of countries (ISO 3166) and unions. */
const countries =
  words(`ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz
  ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge gf gg
  gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky
  kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np
  nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx
  sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw`);

/** Also endings of file names, or words of prose and programs: they end a name of three labels at least. */
const ambiguous =
  words(`ac ad ae ag am as at ax az be by bz cc cd cr cs db do ec es et gd ge gs host id im in int io is it jobs
  la lc li ls ma mc md me mk ml mm mo ms my na ne no pa pl pm pn ps py re rs sc services sh si sm so software solutions st sv
  systems tc td tech tf tm to travel ts us va vi ws app dev name pro site store shop live media email network group top xyz zip`);

/** Known within an organisation alone. */
const inner = words(
  'local localdomain internal intranet lan home corp private test example invalid onion consul svc domain',
);

/** Names of interfaces between programs, which specs and results hold. */
const kept = ['troubleshoot.sh', 'k8s.io', 'kubernetes.io', 'kurl.sh', 'localhost.localdomain', 'rc.local'];

export interface Name {
  /** How many of the labels are the name; what follows is something else, such as the ending of a file. */
  readonly labels: number;
  readonly isPublic: boolean;
}

/** The name that labels begin with; undefined if they are none. */
export function nameIn(labels: readonly string[]): Name | undefined {
  for (let count = labels.length; count >= 2; count--) {
    const ending = endingOf(labels[count - 1] ?? '', count);
    if (ending === undefined) continue;
    const name = labels.slice(0, count).join('.').toLowerCase();
    if (kept.some((other) => name === other || name.endsWith(`.${other}`))) return undefined;
    return { labels: count, isPublic: ending === 'public' };
  }
  return undefined;
}

function endingOf(label: string, count: number): 'public' | 'inner' | undefined {
  const word = label.toLowerCase();
  if (inner.has(word)) return 'inner';
  if (!countries.has(word) && !generic.has(word) && !(count > 2 && further.has(word))) return undefined;
  return count === 2 && ambiguous.has(word) ? undefined : 'public';
}

const further = words('app dev name pro site store shop live media email network group top');

/** Whether a last label says nothing of who it is. */
export function isEnding(label: string): boolean {
  return endingOf(label, 3) !== undefined;
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/));
}
