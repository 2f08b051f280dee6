// SPDX-License-Identifier: Apache-2.0

/// Every refusal of Lyceum, in one alphabetical list. A code has one row in the table of HTTP statuses and one text in each
/// catalogue (tested), and is never given another meaning.
public enum ErrorCode: String, Hashable, Sendable, Codable, CaseIterable {
    /// The pool of a network has no free address: `network`, `size`.
    case addressesExhausted = "addresses-exhausted"
    /// The machines of the template have no agent, and the verb needs one: `instance`.
    case agentMissing = "agent-missing"
    /// The guest's agent says that it could not do what it was told: `instance`.
    case agentRefused = "agent-refused"
    /// The guest's agent did not answer in time: `instance`.
    case agentSilent = "agent-silent"
    /// Another operation has the object: `object`, `operation`.
    case busy = "busy"
    /// As many requests are under way as one person may have: `limit`.
    case callsUnderWay = "calls-under-way"
    /// The operation was cancelled at a step border: `operation`.
    case cancelled = "cancelled"
    /// The operation was asked to stop where it could only go forward: it is done, and waited for nothing more: `operation`.
    case cancelledLate = "cancelled-late"
    /// The instance is not one that the memory of a checkpoint fits: `instance`, `reason`.
    case checkpointUnfit = "checkpoint-unfit"
    /// The instance keeps as many checkpoints as it may: `instance`, `limit`.
    case checkpointsFull = "checkpoints-full"
    /// The ticket for a console is not valid, for whatever reason: no parameters.
    case consoleTicketRefused = "console-ticket-refused"
    /// A course has not begun, or is over: `group`, `first`, `last`, `zone`.
    case courseClosed = "course-closed"
    /// The principal may see the object but not do this: `verb`, `object`, `needed` (a level or permission).
    case denied = "denied"
    /// The guest has not let a disk or card go that is to be taken from it: `instance`, `device`.
    case deviceHeld = "device-held"
    /// A file or disk does not fit: `store`, `needed`, `free`.
    case diskFull = "disk-full"
    /// A disk was removed from the trash, or is about to be: `object`.
    case diskGone = "disk-gone"
    /// A disk that was made is not in its store: `instance`, `disk`.
    case diskMissing = "disk-missing"
    /// The epoch is older than the leading manager's: `epoch`.
    case epochStale = "epoch-stale"
    /// The events asked for are no longer kept, or are newer than any there is: `oldest`, `newest`.
    case eventsGone = "events-gone"
    /// The command's fence is older than one seen: `fence`, `seen`.
    case fenceStale = "fence-stale"
    /// The guest ended instead of doing what it was asked for: `instance`.
    case guestEnded = "guest-ended"
    /// The guest's process is gone from its host, and nobody here asked for it: `instance`. Why an instance failed.
    case guestLost = "guest-lost"
    /// A host paused the guest, and nobody here asked for it: `instance`, `reason`. Why an instance is paused, and why it could not do what
    /// it was asked for.
    case guestPaused = "guest-paused"
    /// The header fields of a request are more than allowed: `limit`.
    case headersTooLarge = "headers-too-large"
    /// A host cannot be reached or does not answer: `host`.
    case hostUnreachable = "host-unreachable"
    /// A host name is in use in its network: `hostname`, `proposal`.
    case hostnameTaken = "hostname-taken"
    /// The key was used before with another body: `key`.
    case idempotencyMismatch = "idempotency-mismatch"
    /// An image refers to another file: `reference` (`backing file`, `external data file`).
    case imageForeignReference = "image-foreign-reference"
    /// The hash of the stored bytes is another than promised: `expected`, `actual`.
    case imageHashMismatch = "image-hash-mismatch"
    /// An image is in use: `image`, `by`.
    case imageInUse = "image-in-use"
    /// An image is not what its declared format says: `declared`, `reason`.
    case imageMalformed = "image-malformed"
    /// An image that the records have is not in its store: `image`.
    case imageMissing = "image-missing"
    /// An image's size is absurd or over the limit: `size`, `limit`.
    case imageTooLarge = "image-too-large"
    /// A foreign part failed in a way that no other code says: `part`.
    case internalFault = "internal-fault"
    /// A field's value is not allowed: `pointer` (RFC 6901), `reason`.
    case invalidField = "invalid-field"
    /// A link was not made here, was changed, or is over: no parameters, for it tells nothing.
    case linkInvalid = "link-invalid"
    /// A request is not JSON as agreed: `pointer`, `reason`.
    case malformedRequest = "malformed-request"
    /// The memory that a suspended instance was saved with is not on its host, or was spent: `instance`.
    case memoryGone = "memory-gone"
    /// The method is not allowed on the route: `method`, `allowed`.
    case methodNotAllowed = "method-not-allowed"
    /// A name is taken: `name`, `proposal`.
    case nameTaken = "name-taken"
    /// No host can take the instance: `instance`, `hosts` (the sentence per host, joined).
    case noHost = "no-host"
    /// The object is unknown, or the principal may not see it: `object`.
    case notFound = "not-found"
    /// No revision of the template is in production: `template`, `drafts` (the numbers of its drafts, for those who may have them).
    case notPublished = "not-published"
    /// The caller is not known: no parameters.
    case notSignedIn = "not-signed-in"
    /// A page of another site asks for what only the site's own pages may: `origin`.
    case originRefused = "origin-refused"
    /// A password was sealed with another key or is damaged, and nobody can open it: `instance`.
    case passwordSealed = "password-sealed"
    /// Public ports lead to a port that is to go: `port`, `forwarded`.
    case portForwarded = "port-forwarded"
    /// PATCH needs If-Match: `object`.
    case preconditionRequired = "precondition-required"
    /// A public port is not among those that may be forwarded: `port`, `first`, `last`.
    case publicPortOutside = "public-port-outside"
    /// A public port is taken: `port`, `protocol`.
    case publicPortTaken = "public-port-taken"
    /// All public ports of a network are taken: `network`, `protocol`, `first`, `last`.
    case publicPortsExhausted = "public-ports-exhausted"
    /// A quota would be exceeded: `quota`, `limit`, `used`, `asked`, `group`.
    case quotaExceeded = "quota-exceeded"
    /// Too many requests: `retryAfter` (seconds).
    case rateLimited = "rate-limited"
    /// The records were restored from a backup that was made while the operation was under way: `operation`.
    case recordsRestored = "records-restored"
    /// The lease was renewed as often as its course allows: `group`, `limit`.
    case renewalsExhausted = "renewals-exhausted"
    /// A run replays another step than its journal holds: `expected`, `actual`.
    case replayMismatch = "replay-mismatch"
    /// A request's body comes too slowly: `seconds`.
    case requestTimeout = "request-timeout"
    /// A body is larger than allowed: `limit`.
    case requestTooLarge = "request-too-large"
    /// The version is older than the stored one: `object`, `expected`, `actual`.
    case staleVersion = "stale-version"
    /// The verb is not allowed in the object's state: `verb`, `state`, `object`, `allowed`.
    case stateForbids = "state-forbids"
    /// A store keeps the room that it has left: `store`, `free`, `total`, `percent` (what is to stay free).
    case storeFull = "store-full"
    /// The store was made by a newer Lyceum: `found`, `known`.
    case storeNewer = "store-newer"
    /// The store does not answer or is read-only: `reason`.
    case storeUnavailable = "store-unavailable"
    /// A newer operation took the object over: `operation`, `by`.
    case superseded = "superseded"
    /// What was waited for did not come in time: `what`, `seconds`.
    case timedOut = "timed-out"
    /// The time of a bearer token is over: `token`, `label`.
    case tokenExpired = "token-expired"
    /// A part of the cloud is away: `part`.
    case unavailable = "unavailable"
    /// The media type is not accepted: `accepted`.
    case unsupportedMediaType = "unsupported-media-type"
    /// The address is for another protocol than plain HTTP: `protocol`.
    case upgradeRequired = "upgrade-required"
}
