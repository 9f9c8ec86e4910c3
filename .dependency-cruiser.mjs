/** Which libs each lib may import: the floors of the house, arrows pointing down only. */
const ground = ['common', 'config', 'resilience', 'resource'];
const everyLib = [...ground, 'status', 'cache', 'database', 'storage'];
const floors = {
  common: [],
  config: ['common'],
  resilience: ['common'],
  resource: ['common', 'config', 'resilience'],
  status: ground,
  cache: ground,
  database: ground,
  storage: ground,
  mainstay: everyLib,
  testing: everyLib,
};

/** Tests of a lib: specs beside the source, and what they share in libs/<lib>/test. */
const spec = '[.]spec[.]ts$|^libs/[^/]+/test/';
const optionalPeers =
  '(^|/)node_modules/(typeorm|@nestjs/typeorm|pg|mysql2|redis|libsql|better-sqlite3|@aws-sdk|@opentelemetry|prom-client)/';

const downOnly = Object.entries(floors).map(([lib, allowed]) => ({
  name: `${lib}-imports-only-what-is-below`,
  comment: `libs/${lib} may import: ${allowed.join(', ') || 'no other lib'}. Its specs may also import libs/testing.`,
  severity: 'error',
  from: { path: `^libs/${lib}/`, pathNot: spec },
  to: { path: '^libs/', pathNot: `^libs/(${[lib, ...allowed].join('|')})/` },
}));

const specsDownOnly = Object.entries(floors).map(([lib, allowed]) => ({
  name: `${lib}-specs-import-only-what-is-below`,
  comment: `A spec of libs/${lib} may import what its lib may, and libs/testing. Wider tests stand in test/.`,
  severity: 'error',
  from: { path: [`^libs/${lib}/.*[.]spec[.]ts$`, `^libs/${lib}/test/`] },
  to: { path: '^libs/', pathNot: `^libs/(${[lib, 'testing', ...allowed].join('|')})/` },
}));

export default {
  forbidden: [
    ...downOnly,
    ...specsDownOnly,
    {
      name: 'libs-by-public-name-only',
      comment: 'Another lib is imported as nestjs-mainstay/<lib>, never by a path.',
      severity: 'error',
      from: { path: '^(libs/[^/]+|apps|test|bench)/' },
      to: { path: '^libs/', pathNot: '^$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'nobody-imports-apps',
      comment: 'An app is the roof: only tests may start it.',
      severity: 'error',
      from: { path: '^(libs|bench|scripts)/' },
      to: { path: '^apps/' },
    },
    {
      name: 'sources-import-no-tests',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: spec },
      to: { path: `^(test|bench|scripts)/|${spec}` },
    },
    {
      name: 'apps-import-no-testing',
      severity: 'error',
      from: { path: '^apps/', pathNot: spec },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'optional-peers-are-lazy',
      comment:
        'Only libs/database imports typeorm statically, and a bridge what it leads to; everything else goes through importPeer.',
      severity: 'error',
      from: {
        path: '^libs/',
        pathNot: `^libs/(database|testing/src/database|status/src/bridges)/|${spec}`,
      },
      to: { path: optionalPeers, dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'bridges-stand-behind-their-subpath',
      comment:
        'What a bridge leads to is an optional peer: who does not import the bridge must not need it.',
      severity: 'error',
      from: { path: '^libs/', pathNot: `^libs/status/src/bridges/|${spec}` },
      to: { path: '^libs/status/src/bridges/[^/]+/' },
    },
    {
      name: 'drivers-are-lazy',
      comment:
        'Drivers are loaded by importPeer, which names the install command when one is missing.',
      severity: 'error',
      from: { path: '^libs/database/', pathNot: spec },
      to: {
        path: optionalPeers,
        pathNot: '(^|/)node_modules/(typeorm|@nestjs/typeorm)/',
        dependencyTypesNot: ['dynamic-import', 'type-only'],
      },
    },
    {
      name: 'libs-import-no-dev-dependency',
      comment: 'What a lib needs stands in dependencies or peerDependencies.',
      severity: 'error',
      from: { path: '^libs/', pathNot: spec },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm-peer', 'npm', 'type-only'],
      },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: { path: '^(libs|apps)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^test/consumers/[^/]+/' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    tsConfig: { fileName: 'tsconfig.base.json' },
    webpackConfig: { fileName: 'scripts/public-names.webpack.mjs' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
