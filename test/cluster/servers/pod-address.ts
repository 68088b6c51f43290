// Tells clients that are Pods, such as the proxy, from clients on the node.
import { BlockList } from 'node:net';
import { POD_NETWORK } from '../layout.ts';

const [network = '', bits = ''] = POD_NETWORK.split('/');
const pods = new BlockList();
pods.addSubnet(network, Number(bits));
// The bridge's own address is the node's.
const gateway = network.replace(/\d+$/, '1');

/** Whether the address is a Pod's; false for the node's end of the bridge. */
export function isPodAddress(address: string | undefined): boolean {
  if (address === undefined || address === gateway) return false;
  return pods.check(address);
}
