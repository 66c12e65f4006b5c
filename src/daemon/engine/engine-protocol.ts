import type { DavUrl } from '../../config/dav-url.ts'
import type { UpstreamUrl } from '../../config/upstream-url.ts'
import type { LogLevel } from '../../log/logger.ts'
import type { NetworkProxy } from '../../net/proxy/network-proxy.ts'
import type { ExternalCredentials, PasswordMechanism } from '../../sasl/choose-mechanism.ts'
import type { MaintenanceProgress } from '../../store/maintenance/problem.ts'
import type { SyncScope } from '../../sync/choose-folders.ts'
import type { SyncRun } from '../../sync/cycle.ts'
import type { FetchProgress, FetchResult } from '../../sync/download/body-fetcher.ts'
import type { LocalChange, LocalChangeResult } from '../../sync/local/local-change.ts'
import type { MergeCounts } from '../../sync/merge/merge-account.ts'
import type { JoinCounts } from '../../sync/objects/join/count-join.ts'
import type { SyncEvent, SyncResult } from '../../sync/progress.ts'
import type { SyncSettings } from '../../sync/settings.ts'
import type { ServerChange, WatchState } from '../../sync/watch/watcher.ts'
import type { ClientIdentity } from '../../tls/client-identity.ts'
import type { WireError } from '../control/wire-error.ts'
import type { StoreTask, StoreTaskResults } from './store-tasks.ts'

/** What the engine process is started with. */
export interface EngineSettings {
  readonly logsDir: string
  readonly logLevel: LogLevel
  readonly approvalsFile: string
  readonly version: string
}

/** A server, and the way to it. */
export interface Reached<Server> {
  readonly server: Server
  /** Undefined for the direct way. */
  readonly proxy: NetworkProxy | undefined
}

/** A profile with its servers, as the engine needs it: it reads neither settings nor secrets. */
export interface WatchRequest {
  readonly profile: number
  readonly storeDir: string
  /** Undefined where the mail is not ours to synchronize. */
  readonly mail: Reached<UpstreamUrl> | undefined
  /** Undefined where there are no calendars and address books. */
  readonly collections: Reached<DavUrl> | undefined
  /** Where the address books are, if they are on another server than the calendars. */
  readonly addressBooks: Reached<DavUrl> | undefined
  readonly user: string
  /** Undefined with OAuth2, where an access token is asked for at each sign-in, and with `external`. */
  readonly password: string | undefined
  /** By the certificate of `identity`. */
  readonly external?: ExternalCredentials
  readonly mechanism?: PasswordMechanism
  readonly settings: SyncSettings
  /** What is shown to a server that asks for a certificate. */
  readonly identity?: ClientIdentity | undefined
}

/** One run, with everything that it needs. */
export interface RunRequest extends WatchRequest {
  readonly id: number
  readonly folders: readonly string[]
  readonly scope: SyncScope
  readonly structure: SyncRun['structure']
}

/** A message of our own making, for a profile's Inbox. */
export interface DeliverRequest {
  readonly id: number
  readonly profile: number
  readonly storeDir: string
  readonly message: Uint8Array
}

/** A change that the user makes to the local mail. */
export interface ChangeRequest {
  readonly id: number
  readonly profile: number
  readonly storeDir: string
  readonly change: LocalChange
}

/** Bodies that a person wants now. */
export interface FetchRequest extends WatchRequest {
  readonly id: number
  readonly items: readonly number[]
  readonly timeoutMs: number
}

/** What joining all that is here with an account would do. */
export interface AccountCounts {
  /** Null where the mail is not ours to synchronize. */
  readonly mail: MergeCounts | null
  /** Null where there are no calendars and address books. */
  readonly entries: JoinCounts | null
}

/** A look at an account that the profile may be bound to. */
export interface SurveyRequest extends WatchRequest {
  readonly id: number
}

/** Care for a store as a whole. */
export interface MaintainRequest {
  readonly id: number
  readonly profile: number
  readonly storeDir: string
  readonly task: StoreTask
}

/** An access token that the engine has asked for, or why there is none. */
export interface TokenAnswer {
  readonly id: number
  readonly token?: string
  readonly error?: WireError
}

/** What the engine tells while it works. */
export type EngineEvent = SyncEvent | MaintenanceProgress | FetchProgress

/** From the main process. */
export type ToEngine =
  | ({ readonly kind: 'configure' } & EngineSettings)
  | { readonly kind: 'logLevel'; readonly logLevel: LogLevel }
  | ({ readonly kind: 'run' } & RunRequest)
  | { readonly kind: 'cancel'; readonly id: number }
  /** Puts a message of our own making into the Inbox. */
  | ({ readonly kind: 'deliver' } & DeliverRequest)
  | ({ readonly kind: 'change' } & ChangeRequest)
  /** Watches a profile on connections of its own, until told otherwise; its server's changes are told. */
  | ({ readonly kind: 'watch' } & WatchRequest)
  | { readonly kind: 'unwatch'; readonly profile: number }
  /** Makes the connections of all watchers anew. */
  | { readonly kind: 'reconnect' }
  | ({ readonly kind: 'maintain' } & MaintainRequest)
  /** Fetches bodies on demand, beside the run under way. */
  | ({ readonly kind: 'fetch' } & FetchRequest)
  /** Counts what joining all that is here with an account would do. */
  | ({ readonly kind: 'survey' } & SurveyRequest)
  /** Closes a profile's store, so that its folder can be removed. */
  | { readonly kind: 'close'; readonly id: number; readonly profile: number }
  | ({ readonly kind: 'token' } & TokenAnswer)
  | { readonly kind: 'shutdown' }

/** What a request was answered with. */
export type EngineResult =
  | SyncResult
  | LocalChangeResult
  | FetchResult
  | AccountCounts
  | StoreTaskResults[keyof StoreTaskResults]
  | undefined

/** From the engine. */
export type FromEngine =
  | { readonly kind: 'alive' }
  | { readonly kind: 'event'; readonly id: number; readonly event: EngineEvent }
  | { readonly kind: 'done'; readonly id: number; readonly result: EngineResult }
  | { readonly kind: 'failed'; readonly id: number; readonly error: WireError }
  /** The server of a watched profile has told of changes. */
  | { readonly kind: 'changed'; readonly profile: number; readonly change: ServerChange }
  /** Something was written into a profile's store. */
  | { readonly kind: 'committed'; readonly profile: number }
  /** A sign-in needs an access token; another one than the refused. */
  | { readonly kind: 'token'; readonly id: number; readonly profile: number; readonly refused: string | undefined }
  | { readonly kind: 'watching'; readonly profile: number; readonly state: WatchState }

/** How often the engine says that it is alive, in ms. */
export const ALIVE_MS = 2000
