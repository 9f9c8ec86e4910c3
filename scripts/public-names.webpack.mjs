import { publicNames } from './public-names.mjs';
import { root } from './root.mjs';

/** Resolve settings for dependency-cruiser, which reads them in webpack's form: public names lead to sources. */
export default {
  resolve: {
    alias: Object.fromEntries(publicNames().map(({ name, source }) => [`${name}$`, root + source])),
    extensionAlias: { '.js': ['.ts', '.js'] },
  },
};
