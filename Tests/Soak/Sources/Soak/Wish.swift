// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What is to be told, by the words of the command line.
struct Wish: Sendable {
    enum Act: String { case tell, digest, trace }

    /// It cannot be understood.
    struct Misunderstood: Error, CustomStringConvertible {
        let description: String
    }

    static let usage = """
        soak tell [--scale campus|corner] [--seeds N] [--first N] [--crash-runs N] [--minutes N] [--files FOLDER]
        soak digest SEED [--scale campus|corner] [--files FOLDER]
        soak trace SEED [--scale campus|corner] [--files FOLDER]
        """

    var act = Act.tell
    var scale = SeedScale.campus
    /// The seed of digest and trace.
    var seed: UInt64 = 0
    var first: UInt64 = 1
    /// What ends it: so many seeds, so many in which a manager died, so much time.
    var seeds = UInt64.max
    var crashRuns = Int.max
    var limit = Duration.seconds(7 * 86_400)
    /// Where the files of one seed in twenty are.
    var files = FileManager.default.temporaryDirectory.path

    init(_ words: some Collection<String>) throws(Misunderstood) {
        var words = Array(words)[...]
        func next(_ what: String) throws(Misunderstood) -> String {
            guard let word = words.popFirst() else { throw Misunderstood(description: "\(what) is missing") }
            return word
        }
        func number(_ what: String) throws(Misunderstood) -> UInt64 {
            let word = try next(what)
            guard let number = UInt64(word), number > 0, number < 1 << 40 else {
                throw Misunderstood(description: "\(what): “\(word)” is no number from 1")
            }
            return number
        }
        let word = try next("tell, digest or trace")
        guard let act = Act(rawValue: word) else { throw Misunderstood(description: "“\(word)” is neither tell, digest nor trace") }
        self.act = act
        if act != .tell { seed = try number("the seed") }
        while let word = words.popFirst() {
            switch word {
            case "--scale":
                let word = try next(word)
                guard let scale = SeedScale(rawValue: word) else {
                    throw Misunderstood(description: "“\(word)” is neither campus nor corner")
                }
                self.scale = scale
            case "--seeds": seeds = try number(word)
            case "--first": first = try number(word)
            case "--crash-runs": crashRuns = Int(try number(word))
            case "--minutes": limit = .seconds(60 * Int(try number(word)))
            case "--files": files = try next(word)
            default: throw Misunderstood(description: "there is no “\(word)”")
            }
        }
    }
}
