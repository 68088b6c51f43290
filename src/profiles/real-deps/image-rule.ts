// Holds each stage to its real image under docker.io, so that nothing smaller or nearer stands in for it.
import { REQUIRED_IMAGES } from './stage-catalogue.ts';

/** docker.io, a repository, and a tag or digest that stays what it is. */
const PINNED_GIT_IMAGE =
  /^docker\.io\/[a-z0-9._-]+\/[a-z0-9._/-]*git[a-z0-9._/-]*(?::(?!latest(?:@|$))[\w][\w.-]{0,127}(?:@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$/;

/** A fault of an image, or null. */
export function imageFault(input: {
  readonly stage: string;
  readonly image: string;
}): { readonly message: string; readonly hint: string } | null {
  const { stage, image } = input;
  if (stage === 'git-mirror') {
    return PINNED_GIT_IMAGE.test(image)
      ? null
      : {
          message: 'is not a Git image under docker.io with a pinned tag',
          hint: 'Use docker.io/alpine/git with a version as its tag, not latest',
        };
  }
  const required = Object.entries(REQUIRED_IMAGES).find(([name]) => name === stage)?.[1];
  return required === undefined || image === required
    ? null
    : { message: `stands in for the real image of ${stage}`, hint: `Use ${required}, whose pull is part of the proof` };
}
