// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudModel

    /// An end on the command line: a time as the API writes it, or a while from now: `90m`, `12h`, `30d`.
    enum Expiry: ExpressibleByArgument, Equatable {
        case at(Timestamp)
        case after(Duration)

        init?(argument: String) {
            if let time = APITime(argument) {
                self = .at(time.moment)
                return
            }
            let units: [Character: Int64] = ["m": 60, "h": 3600, "d": 86_400]
            let digits = argument.dropLast()
            // Ten years: what is meant to last longer has no end.
            guard let unit = argument.last.flatMap({ units[$0] }), digits.allSatisfy({ $0.isASCII && $0.isNumber }),
                let count = Int64(digits), (1...(3660 * 86_400 / unit)).contains(count)
            else { return nil }
            self = .after(.seconds(count * unit))
        }

        /// The moment, counted from now.
        func moment(from now: Timestamp) -> Timestamp {
            switch self {
            case .at(let moment): moment
            case .after(let time): now + time
            }
        }
    }
#endif
