// The bundle's entry: every workflow that a worker serves, by the name it is started under.
export { benchmarkFleet } from './benchmark-fleet.ts';
export { benchmarkTarget } from './benchmark-target.ts';
export { holdProxy } from './hold-proxy.ts';
export { inspectTarget } from './inspect-target.ts';
export { probeTarget } from './probe-target.ts';
export { sampleTraffic } from './sample-traffic.ts';
