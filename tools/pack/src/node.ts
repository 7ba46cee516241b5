/**
 * The door of pack: how a package of the house becomes one that can be published.
 */
export {
  type PublishedManifest,
  privateDependencies,
  publishedCode,
  publishedManifest,
  type SourceManifest,
} from './manifest.ts';
