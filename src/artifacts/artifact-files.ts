import type { ArtifactPlace } from '../config.ts';
import type { Logger } from '../log.ts';
import { FolderFiles } from './folder-files.ts';

/** Where the bytes of artifacts lie: a folder, or a bucket. Names are checked by the caller. */
export interface ArtifactFiles {
  /** Whole or not at all. Throws what the place throws. */
  write(runId: string, name: string, bytes: Uint8Array, contentType: string): Promise<void>;
  /** Null: there is none. Throws `unavailable` when the place does not answer as it should. */
  read(runId: string, name: string): Promise<Buffer | null>;
  /** Also of a file that is gone already, or was never written whole. */
  remove(runId: string, name: string): Promise<void>;
  /** Throws `bad_configuration` when the place refuses us; one that is away for the moment is only told of. */
  check(log: Logger): Promise<void>;
  close(): void;
}

/** Opens the place of the configuration. Throws `bad_configuration` when what it needs is not installed. */
export async function openArtifactFiles(place: ArtifactPlace): Promise<ArtifactFiles> {
  if (place.kind === 'folder') return new FolderFiles(place.folder);
  // Loaded only where it is used: the package is optional, and large.
  const { openBucket } = await import('./bucket-files.ts');
  return openBucket(place);
}
