export { main } from '../../../src/shared/jobs/build.ts';
export { merge } from '../../../src/shared/jobs/merge.ts';
export { plan } from '../../../src/shared/jobs/plan.ts';
export { srpms } from '../../../src/shared/jobs/srpms.ts';
