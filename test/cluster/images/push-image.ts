// Puts a built image into a registry, sending only what it lacks.
import { openAsBlob } from 'node:fs';
import type { BuiltImage } from './image.ts';

/**
 * Pushes by the registry's HTTP API. The image's name is used without a registry: `library/alpine:3.20`.
 * @throws Error with the registry's answer
 */
export async function pushImage(input: {
  readonly image: BuiltImage;
  /** `http://127.0.0.1:23805`: `addresses.registryStorage` of the state file. */
  readonly registryUrl: string;
}): Promise<void> {
  const { image, registryUrl } = input;
  const [repository = '', tag = 'latest'] = image.name.split(':');
  const base = `${registryUrl}/v2/${repository}`;
  const accept = { Accept: image.manifestType };
  const there = await fetch(`${base}/manifests/${tag}`, { method: 'HEAD', headers: accept });
  if (there.headers.get('docker-content-digest') === image.manifestDigest) return;
  for (const { digest, file } of image.blobs) {
    const known = await fetch(`${base}/blobs/${digest}`, { method: 'HEAD' });
    if (known.ok) continue;
    const begun = await checked(await fetch(`${base}/blobs/uploads/`, { method: 'POST' }), 202);
    const place = new URL(begun.headers.get('location') ?? '', registryUrl);
    place.searchParams.set('digest', digest);
    const headers = { 'Content-Type': 'application/octet-stream' };
    await checked(await fetch(place, { method: 'PUT', headers, body: await openAsBlob(file) }), 201);
  }
  const headers = { 'Content-Type': image.manifestType };
  await checked(await fetch(`${base}/manifests/${tag}`, { method: 'PUT', headers, body: image.manifest }), 201);
}

async function checked(answer: Response, status: number): Promise<Response> {
  if (answer.status === status) return answer;
  throw new Error(`${new URL(answer.url).pathname}: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
}
