// SPDX-License-Identifier: Apache-2.0
#if Libvirt

    /// Which call goes next, on which of a few connections: a value that decides and does nothing.
    ///
    /// Calls about one subject go one after the other, in the order in which they came. Among subjects brief calls go before long ones,
    /// and long ones never take the last free connection: a force off does not wait for thirty machines that are being woken.
    struct CallLine<Job> {
        private struct Waiting {
            let subject: String
            let isLong: Bool
            let job: Job
        }
        private var waiting: [Waiting] = []
        /// By connection, what it is at work on.
        private var underWay: [(subject: String, isLong: Bool)?]

        /// - Parameter connections: how many there are, at least 2.
        init(connections: Int) { underWay = Array(repeating: nil, count: connections) }

        mutating func add(_ job: Job, about subject: String, isLong: Bool) {
            waiting.append(Waiting(subject: subject, isLong: isLong, job: job))
        }

        /// The next call and its connection, the first that is free; nil where all that wait have to wait on.
        mutating func next() -> (connection: Int, job: Job)? {
            guard let connection = underWay.firstIndex(where: { $0 == nil }) else { return nil }
            let mayBeLong = underWay.count { $0?.isLong == true } < underWay.count - 1
            var taken = Set(underWay.compactMap { $0?.subject })
            var chosen: Int?
            for (index, call) in waiting.enumerated() where taken.insert(call.subject).inserted {
                if !call.isLong {
                    chosen = index
                    break
                }
                if mayBeLong, chosen == nil { chosen = index }
            }
            guard let chosen else { return nil }
            let call = waiting.remove(at: chosen)
            underWay[connection] = (call.subject, call.isLong)
            return (connection, call.job)
        }

        /// A connection is free again.
        mutating func ended(on connection: Int) { underWay[connection] = nil }
    }
#endif
