// SPDX-License-Identifier: Apache-2.0

import CloudModel
import CloudOperations
import Synchronization

/// The tickets that are out: what each opens, by the hash of its text. In memory only, for a ticket does not outlive its daemon; each is
/// given back once.
final class ConsoleTickets: Sendable {
    /// What a ticket opens.
    struct Ticket: Sendable {
        let grant: ConsoleGrant
        /// The token by which whoever asked was signed in; nil for who is known without one.
        let token: ID<TokenKind>?
    }
    private struct Entry {
        let ticket: Ticket
        let number: Int
        let end: Duration
    }
    private struct State {
        var entries: [String: Entry] = [:]
        var count = 0
    }
    /// How long a ticket is good.
    static let life = Duration.seconds(30)
    /// How many one person may have out; of more the oldest is forgotten.
    static let each = 16
    /// How many there are at most.
    static let most = 4096

    private let elapsed: @Sendable () -> Duration
    private let state = Mutex(State())

    /// Tickets by a clock that never jumps back.
    init(elapsed: @escaping @Sendable () -> Duration) { self.elapsed = elapsed }

    /// Keeps a ticket by its hash. Throws `rate-limited` where too many of others are out.
    func keep(_ ticket: Ticket, hash: String) throws(CloudError) {
        let now = elapsed()
        let isFull = state.withLock { state in
            state.entries = state.entries.filter { $0.value.end > now }
            let own = state.entries.filter { $0.value.ticket.grant.user == ticket.grant.user }.sorted { $0.value.number < $1.value.number }
            for (old, _) in own.dropLast(Self.each - 1) { state.entries[old] = nil }
            guard state.entries.count < Self.most else { return true }
            state.count += 1
            state.entries[hash] = Entry(ticket: ticket, number: state.count, end: now + Self.life)
            return false
        }
        if isFull { throw CloudError(.rateLimited, ["retryAfter": String(Self.life.components.seconds)]) }
    }

    /// Gives a ticket that is still good, for the first and last time; nil for any other.
    func take(hash: String) -> Ticket? {
        let now = elapsed()
        return state.withLock { $0.entries.removeValue(forKey: hash) }.flatMap { $0.end > now ? $0.ticket : nil }
    }
}
