import { main } from './code/index.js';

await main();
