// What the journeys know of the program: names of variables, paths, form fields and people.
// Everything that may be renamed stands here and nowhere else.

/** Variables that a started program reads. */
export const ENV = {
  data: 'FANGXIAN_DATA',
  listen: 'FANGXIAN_LISTEN',
  database: 'FANGXIAN_DATABASE',
};

/** Variables that `cargo xtask test` sets for the journeys. */
export const GIVEN = {
  program: 'FANGXIAN_BIN',
  chromium: 'FANGXIAN_CHROMIUM',
  databases: 'FANGXIAN_E2E_DATABASE',
  postgres: 'FANGXIAN_TEST_POSTGRES',
};

/** How to start the program, by what a journey needs. */
export const START = {
  serve: () => ['serve'],
  demo: (port) => ['demo', '--port', String(port)],
  /** The same, smaller, and time passes fast: for what only happens when time passes. */
  hurried: (port) => ['demo', '--port', String(port), '--residents', '2000', '--pace', '300'],
};

export const READY = '/readyz';
export const READY_WITHIN_MS = { serve: 60_000, demo: 300_000, hurried: 300_000 };

export const LANGUAGES = ['zh-CN', 'en'];

/** Widths that every page must stand: a phone at the door, an office desk, the duty desk's wall. */
export const VIEWPORTS = {
  phone: { width: 390, height: 844 },
  desk: { width: 1366, height: 768 },
  wall: { width: 1920, height: 1080 },
};

/** The control that changes the language, by the language it leads to. */
export const languageSwitch = (language) =>
  `a[hreflang="${language}"], button[lang="${language}"]`;

export const LOGIN = {
  path: '/login',
  name: 'input[name="username"]',
  password: 'input[name="password"]',
  submit: 'form button[type="submit"]',
};

/** The district of the journeys; the program's own demonstration has another. */
const square = (x, y, w, h) => ({
  type: 'Polygon',
  coordinates: [[[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]].map(([a, b]) => [116 + a / 100, 36 + b / 100])],
});
export const AREAS = [
  { code: '9901', zh: '示范市', en: 'Demonstration City', residents: 20000, geometry: square(0, 0, 8, 4) },
  { code: '990101', parent: '9901', zh: '示范区', en: 'Demonstration District', residents: 20000, geometry: square(0, 0, 8, 4) },
  { code: '990101001', parent: '990101', zh: '花园街道', en: 'Huayuan Subdistrict', residents: 12000, geometry: square(0, 0, 4, 4) },
  { code: '990101001001', parent: '990101001', zh: '花园社区', en: 'Huayuan Community', residents: 7000, geometry: square(0, 0, 4, 2) },
  { code: '99010100100101', parent: '990101001001', zh: '花园社区第一网格', en: 'Huayuan Grid 1', residents: 3500, geometry: square(0, 0, 2, 2) },
  { code: '99010100100102', parent: '990101001001', zh: '花园社区第二网格', en: 'Huayuan Grid 2', residents: 3500, geometry: square(2, 0, 2, 2) },
  { code: '990101001002', parent: '990101001', zh: '柳荫社区', en: 'Liuyin Community', residents: 5000, geometry: square(0, 2, 4, 2) },
  { code: '990101002', parent: '990101', zh: '石桥镇', en: 'Shiqiao Town', residents: 8000, geometry: square(4, 0, 4, 4) },
  { code: '990101002001', parent: '990101002', zh: '石桥村', en: 'Shiqiao Village', residents: 8000, geometry: square(4, 0, 4, 4) },
];

export const UNITS = [
  { zh: '示范区疫情防控指挥部', en: 'District Headquarters', kind: 'headquarters', area: '990101' },
  { zh: '示范区疾病预防控制中心', en: 'District CDC', kind: 'cdc_institution', area: '990101' },
  { zh: '示范区人民医院', en: "District People's Hospital", kind: 'hospital', area: '990101' },
  { zh: '花园街道办事处', en: 'Huayuan Subdistrict Office', kind: 'township', area: '990101001' },
  { zh: '花园社区居民委员会', en: 'Huayuan Committee', kind: 'community', area: '990101001001' },
  { zh: '石桥镇人民政府', en: 'Shiqiao Town Office', kind: 'township', area: '990101002' },
  { zh: '示范区审计局', en: 'District Audit Office', kind: 'other', area: '990101' },
  { zh: '示范区疾病预防控制局', en: 'District Disease Control Bureau', kind: 'disease_control_authority', area: '990101' },
];

/** Who works there; beside them there is `admin`. `unit` counts in UNITS. */
export const STAFF = [
  { login: 'desk', name: '戴淑兰', unit: 0, role: 'desk', area: '9901' },
  { login: 'duty', name: '杜建国', unit: 0, role: 'duty', area: '9901' },
  { login: 'assessor', name: '岳明', unit: 1, role: 'assessor', area: '9901' },
  { login: 'organ', name: '欧阳慧', unit: 1, role: 'organ', area: '9901' },
  { login: 'clinic', name: '柯文', unit: 2, role: 'reporter', area: '9901' },
  { login: 'town', name: '唐国强', unit: 3, role: 'lead', area: '990101001' },
  { login: 'lead', name: '李秀英', unit: 4, role: 'lead', area: '990101001001' },
  { login: 'grid', name: '葛强', unit: 4, role: 'grid', area: '99010100100101' },
  { login: 'grid-two', name: '顾小燕', unit: 4, role: 'grid', area: '99010100100102' },
  { login: 'elsewhere', name: '石磊', unit: 5, role: 'desk', area: '990101002' },
  { login: 'auditor', name: '沈计', unit: 6, role: 'auditor', area: '9901' },
  { login: 'bureau', name: '包正平', unit: 7, role: 'organ', area: '9901' },
  { login: 'bureau-two', name: '鲍一心', unit: 7, role: 'organ', area: '9901' },
];

export const PASSWORD = 'three green umbrellas';

/** The response that is open, with the approval to manage the disease as class A. */
export const RESPONSE = {
  code: 'flu',
  title_zh: '输入性人感染新亚型流感疫情处置',
  title_en: 'Imported novel influenza',
  disease: 'novel-influenza',
};

/** The cookie that carries a session. */
export const SESSION = 'fx';

/**
 * Every page. `as` names a person of PEOPLE who is logged in; `follow` are the links from the page at
 * `path` that lead there, for pages whose address nobody knows beforehand; `bare` leaves the query of
 * the last link away; `demo` pages exist in the demonstration only, `district` pages in the journeys only.
 */
export const SCREENS = [
  { name: 'home', path: '/' },
  { name: 'report', path: '/report' },
  { name: 'receipt', path: '/receipt' },
  { name: 'receipt not found', path: '/receipt?number=ABCD-EFGH-JKLM' },
  { name: 'appeal form', path: '/appeal' },
  { name: 'own file form', path: '/my' },
  { name: 'about', path: '/about' },
  { name: 'login', path: '/login' },
  { name: 'nowhere', path: '/there-is-no-such-page' },
  { name: 'desk home', as: 'desk', path: '/' },
  { name: 'password', as: 'desk', path: '/password' },
  { name: 'command screen', as: 'duty', path: '/desk' },
  { name: 'command screen of a district', as: 'duty', path: '/desk?code=990101' },
  { name: 'inbox', as: 'desk', path: '/inbox?state=all' },
  { name: 'record', as: 'desk', path: '/inbox?state=all', follow: 'tbody th a' },
  { name: 'staff form', as: 'clinic', path: '/inbox/new' },
  { name: 'imports', as: 'desk', path: '/imports' },
  { name: 'import', as: 'desk', path: '/imports', follow: 'tbody th a' },
  { name: 'import undo', as: 'desk', path: '/imports', follow: ['tbody th a', 'a[href$="/undo"]'] },
  { name: 'imports rejected', as: 'desk', path: '/imports/rejected' },
  { name: 'people', as: 'desk', path: '/people' },
  { name: 'people found', as: 'desk', path: '/people?q=李梅&purpose=intake' },
  { name: 'person purpose', as: 'assessor', path: '/reviews?states=confirmed', follow: ['tbody th a', 'a[href^="/people/"]'], bare: true },
  { name: 'person', as: 'assessor', path: '/reviews?states=confirmed', follow: ['tbody th a', 'a[href^="/people/"]'] },
  { name: 'document number', demo: true, as: 'assessor', path: '/reviews?states=confirmed', follow: ['tbody th a', 'a[href^="/people/"]', 'a[href*="/documents"]'] },
  { name: 'categories', as: 'desk', path: '/categories' },
  { name: 'pairs', as: 'desk', path: '/pairs' },
  { name: 'pairs models', as: 'desk', path: '/pairs/models' },
  { name: 'reviews', as: 'assessor', path: '/reviews' },
  { name: 'review', as: 'assessor', path: '/reviews', follow: 'tbody th a' },
  { name: 'review confirmed', as: 'assessor', path: '/reviews?states=confirmed', follow: 'tbody th a' },
  { name: 'reports', as: 'duty', path: '/reports?all=on' },
  { name: 'alerts', as: 'duty', path: '/alerts?all=on' },
  { name: 'alert', demo: true, as: 'duty', path: '/alerts?all=on', follow: 'tbody th a' },
  { name: 'appeals', as: 'desk', path: '/appeals' },
  { name: 'appeal', district: true, as: 'desk', path: '/appeals?states=upheld', follow: 'tbody th a' },
  { name: 'appeal letter', district: true, as: 'desk', path: '/appeals?states=upheld', follow: ['tbody th a', 'a[href$="/letter"]'] },
  { name: 'appeal for somebody', as: 'desk', path: '/appeals/new' },
  { name: 'measures', as: 'organ', path: '/measures?states=decided&states=served&states=lifted&states=proposed&states=ended' },
  { name: 'measure', as: 'organ', path: '/measures?states=decided&states=served&states=lifted&states=ended', follow: 'tbody th a' },
  { name: 'measures held', as: 'organ', path: '/measures?states=held' },
  { name: 'notice', as: 'organ', path: '/measures?states=decided&states=served&states=lifted&states=ended', follow: ['tbody th a', 'a[href$="/notice"]'] },
  { name: 'appeals to decide', as: 'organ', path: '/appeals' },
  { name: 'my tasks', as: 'grid', path: '/tasks/mine' },
  { name: 'tasks', as: 'lead', path: '/tasks' },
  { name: 'tasks closed', as: 'lead', path: '/tasks?states=closed' },
  { name: 'task', as: 'lead', path: '/tasks?states=closed', follow: 'tbody th a' },
  { name: 'task open', as: 'desk', path: '/tasks', follow: 'tbody th a' },
  { name: 'areas', as: 'duty', path: '/areas' },
  { name: 'area', as: 'duty', path: '/areas?code=990101' },
  { name: 'packs', as: 'duty', path: '/packs' },
  { name: 'pack', as: 'duty', path: '/packs', follow: 'tbody th a' },
  { name: 'law', as: 'duty', path: '/law?measure=M14&disease=cholera' },
  { name: 'responses', as: 'duty', path: '/responses' },
  { name: 'response closing', as: 'duty', path: '/responses', follow: 'a[href$="/closing"]' },
  { name: 'certificate', district: true, as: 'bureau', path: '/responses', follow: ['#r-noro-end a[href$="/closing"]', 'a[href$="/certificate"]'] },
  { name: 'users', as: 'admin', path: '/users' },
  { name: 'user', as: 'admin', path: '/users', follow: 'tbody th a' },
  { name: 'user new', as: 'admin', path: '/users/new' },
  { name: 'audit', as: 'auditor', path: '/audit' },
  { name: 'health', as: 'duty', path: '/health' },
];

/** Who stands for whom in the demonstration; in the district of the journeys names are roles. */
const DEMO_PASSWORD = 'fangxian-demo-2026';
export const PEOPLE = Object.fromEntries(
  Object.entries({
    desk: 'desk1',
    duty: 'duty1',
    assessor: 'cdc1',
    organ: 'organ2',
    clinic: 'clinic1',
    lead: 'lead-huayuan',
    grid: 'grid-huayuan',
    admin: 'admin',
    auditor: 'audit1',
  }).map(([role, name]) => [role, { name, password: DEMO_PASSWORD }]),
);
