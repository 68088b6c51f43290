import { openHostFixture } from '../support/host-fixture.ts';
import { describeClusterContract } from './cluster-contract.ts';

describeClusterContract({ kind: 'host', open: openHostFixture });
