import { srpms } from './code/index.js';

await srpms();
