export { main } from './build.ts';
export { merge } from './merge.ts';
export { plan } from './plan.ts';
export { srpms } from './srpms.ts';
