/** What `nest new` of NestJS 11 writes, and the two lines that an ES module needs (marked). */
module.exports = {
  moduleFileExtensions: ['js', 'json', 'ts'],
  rootDir: 'src',
  testRegex: '.*\\.spec\\.ts$',
  testEnvironment: 'node',
  // Jest cannot require() an ES module: compile those that the app uses. (1)
  transform: {
    '^.+\\.(t|j)s$': ['ts-jest', { tsconfig: 'tsconfig.jest.json', diagnostics: false }],
  },
  transformIgnorePatterns: ['/node_modules/(?!(nestjs-mainstay|@nestjs/terminus)/)'], // (2)
};
