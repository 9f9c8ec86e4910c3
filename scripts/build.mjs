import { checkNode } from './check-node.mjs';
import { compile } from './compile.mjs';

checkNode();
process.exitCode = (await compile({ clean: true })) ? 0 : 1;
