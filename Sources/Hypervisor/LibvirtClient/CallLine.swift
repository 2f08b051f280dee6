// SPDX-License-Identifier: Apache-2.0
#if Libvirt

    /// Which call goes next, on which of a few connections: a value that decides and does nothing.
    ///
    /// Calls about one subject go one after the other, in the order in which they came; one that nobody waits for any more before its turn
    /// came is in nobody's way. Among subjects brief calls go before others. However many calls take minutes, a connection is left for those
    /// that take seconds, and two more for brief ones: a force off does not wait for thirty machines that are being woken. What comes before
    /// a call takes its subject's turn and no connection.
    struct CallLine<Job> {
        typealias Length = LibvirtConnections.Length

        /// Where a job is done.
        enum Place: Hashable {
            case connection(Int)
            /// On none.
            case aside(subject: String)
        }
        private struct Waiting {
            let subject: String
            let length: Length
            let isWanted: @Sendable () -> Bool
            let job: Job
            /// What is to be done aside before it, if anything is.
            var first: Job?
            /// Whether that is done: then it has had its subject's turn since.
            var isPrepared = false
        }
        private var waiting: [Waiting] = []
        /// By subject, what is prepared aside.
        private var aside: [String: Waiting] = [:]
        /// By connection, what it is at work on.
        private var underWay: [(subject: String, length: Length)?]

        /// - Parameter connections: how many there are, at least 4.
        init(connections: Int) { underWay = Array(repeating: nil, count: connections) }

        /// - Parameters:
        ///   - isWanted: whether somebody waits for it; once false it stays so.
        ///   - first: what is to be done aside before it, with no other call about the subject in between.
        mutating func add(
            _ job: Job, about subject: String, _ length: Length, isWanted: @escaping @Sendable () -> Bool, after first: Job? = nil
        ) {
            waiting.append(Waiting(subject: subject, length: length, isWanted: isWanted, job: job, first: first))
        }

        /// The next job and its place; nil where all that wait have to wait on.
        mutating func next() -> (place: Place, job: Job)? {
            waiting.removeAll { !$0.isWanted() }
            let connection = underWay.firstIndex { $0 == nil }
            var taken = Set(underWay.compactMap { $0?.subject }).union(aside.keys)
            var chosen: Int?
            for (index, call) in waiting.enumerated() where taken.insert(call.subject).inserted {
                if let first = call.first {
                    aside[call.subject] = waiting.remove(at: index)
                    return (.aside(subject: call.subject), first)
                }
                guard connection != nil, hasPlace(for: call.length) else { continue }
                if chosen == nil || call.length == .brief && waiting[chosen ?? index].length != .brief { chosen = index }
            }
            guard let chosen, let connection else { return nil }
            let call = waiting.remove(at: chosen)
            underWay[connection] = (call.subject, call.length)
            return (.connection(connection), call.job)
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

        /// A job has come to its end. What was prepared stands behind what was prepared before it, and before all else.
        mutating func ended(at place: Place) {
            switch place {
            case .connection(let connection): underWay[connection] = nil
            case .aside(let subject):
                guard var call = aside.removeValue(forKey: subject) else { return }
                (call.first, call.isPrepared) = (nil, true)
                waiting.insert(call, at: waiting.firstIndex { !$0.isPrepared } ?? waiting.endIndex)
            }
        }
    }
#endif
