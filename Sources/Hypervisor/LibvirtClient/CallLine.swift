// SPDX-License-Identifier: Apache-2.0
#if Libvirt

    /// Which call goes next, on which of a few connections: a value that decides and does nothing.
    ///
    /// Calls about one subject go one after the other, in the order in which they came; one that nobody waits for any more before its turn
    /// came is in nobody's way. Among subjects brief calls go before others. However many calls take minutes, a connection is left for those
    /// that take seconds, and two more for brief ones: a force off does not wait for thirty machines that are being woken.
    struct CallLine<Job> {
        typealias Length = LibvirtConnections.Length
        private struct Waiting {
            let subject: String
            let length: Length
            let isWanted: @Sendable () -> Bool
            let job: Job
            /// What comes behind it without giving up the subject's turn.
            var rest: (length: Length, job: Job)?
        }
        private var waiting: [Waiting] = []
        /// By connection, what it is at work on.
        private var underWay: [Waiting?]

        /// - Parameter connections: how many there are, at least 4.
        init(connections: Int) { underWay = Array(repeating: nil, count: connections) }

        /// - Parameters:
        ///   - isWanted: whether somebody waits for it; once false it stays so.
        ///   - rest: what comes behind it, with no other call about the subject in between.
        mutating func add(
            _ job: Job, about subject: String, _ length: Length, isWanted: @escaping @Sendable () -> Bool,
            before rest: (length: Length, job: Job)? = nil
        ) {
            waiting.append(Waiting(subject: subject, length: length, isWanted: isWanted, job: job, rest: rest))
        }

        /// The next call and its connection, the first that is free; nil where all that wait have to wait on.
        mutating func next() -> (connection: Int, job: Job)? {
            waiting.removeAll { !$0.isWanted() }
            guard let connection = underWay.firstIndex(where: { $0 == nil }) else { return nil }
            var taken = Set(underWay.compactMap { $0?.subject })
            var chosen: Int?
            for (index, call) in waiting.enumerated() where taken.insert(call.subject).inserted {
                guard hasPlace(for: call.length) else { continue }
                if call.length == .brief {
                    chosen = index
                    break
                }
                chosen = chosen ?? index
            }
            guard let chosen else { return nil }
            let call = waiting.remove(at: chosen)
            underWay[connection] = call
            return (connection, call.job)
        }

        private func hasPlace(for length: Length) -> Bool {
            let ofMinutes = underWay.count { $0?.length == .minutes }
            let ofSeconds = underWay.count { $0?.length == .seconds }
            return switch length {
            case .brief: true
            case .seconds: ofMinutes + ofSeconds < underWay.count - 2
            case .minutes: ofMinutes < underWay.count - 3 && ofMinutes + ofSeconds < underWay.count - 2
            }
        }

        /// A connection is free again. What comes behind the call stands before all that came later.
        mutating func ended(on connection: Int) {
            if let call = underWay[connection], let rest = call.rest {
                waiting.insert(Waiting(subject: call.subject, length: rest.length, isWanted: call.isWanted, job: rest.job), at: 0)
            }
            underWay[connection] = nil
        }
    }
#endif
