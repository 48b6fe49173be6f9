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
};

export const READY = '/readyz';
export const READY_WITHIN_MS = { serve: 60_000, demo: 300_000 };

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

/** Pages for the screenshots. `as` names a person who logs in first. */
export const SCREENS = [
  { name: 'home', path: '/' },
];

/** People of the installation that the journeys log in as: role → user name and password. */
export const PEOPLE = {};
