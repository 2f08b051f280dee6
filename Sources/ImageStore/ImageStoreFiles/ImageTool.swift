// SPDX-License-Identifier: Apache-2.0

import CloudModel
import FoundationEssentials
import Glibc
import ImageStore
import Subprocess
import SystemPackage

/// `qemu-img`, asked about an image that our own reader has accepted already: it also follows the tables that the reader leaves alone.
///
/// It is called with the format named, an empty environment, nothing on its input, and limits: address space 1 GiB and 30 s of
/// processor time by `prlimit` where that is installed, and 60 s in all (CVE-2015-5162: a crafted table cost gigabytes).
public struct ImageTool: Sendable {
    let path: String
    private let limiter: String?
    private let limit: Duration
    let clock: any Clock<Duration>

    /// The tool at an absolute path; `limiter` is where `prlimit` is, nil for none.
    public init(path: String, limiter: String?, limit: Duration = .seconds(60), clock: any Clock<Duration> = ContinuousClock()) {
        self.path = path
        self.limiter = limiter
        self.limit = limit
        self.clock = clock
    }

    /// The tool where distributions install it; nil where it is not installed.
    public static func installed() -> ImageTool? {
        func find(_ name: String) -> String? {
            ["/usr/bin/\(name)", "/usr/local/bin/\(name)"].first { access($0, X_OK) == 0 }
        }
        return find("qemu-img").map { ImageTool(path: $0, limiter: find("prlimit")) }
    }

    private struct Info: Decodable {
        enum CodingKeys: String, CodingKey {
            case format
            case virtualSize = "virtual-size"
            case backingFile = "backing-filename"
            case fullBackingFile = "full-backing-filename"
            case specific = "format-specific"
        }
        struct Specific: Decodable {
            struct Fields: Decodable {
                enum CodingKeys: String, CodingKey { case dataFile = "data-file" }
                let dataFile: String?
            }
            let data: Fields?
        }
        let format: String
        let virtualSize: Int64
        let backingFile: String?
        let fullBackingFile: String?
        let specific: Specific?
    }

    /// Throws ``ErrorCode/imageMalformed`` where the tool sees another image than our reader, finds its tables broken or cannot say what
    /// it found, ``ErrorCode/timedOut`` where it takes too long, ``ErrorCode/unavailable`` where it could not be run; and nothing else
    /// but a cancellation: any other error would end the run that asks without a verdict.
    func check(_ file: String, is facts: ImageFacts) async throws {
        func malformed(_ reason: String, _ detail: String) -> CloudError {
            CloudError(.imageMalformed, ["declared": facts.format.rawValue, "reason": reason], detail: detail)
        }
        do { try await judge(file, facts, malformed) } catch {
            if error is CloudError { throw error }
            try Task.checkCancellation()
            switch error {
            case let failure as SubprocessError where failure.code == .outputLimitExceeded:
                throw malformed("QEMU's tool says too much about it", "\(failure)")
            case is DecodingError: throw malformed("QEMU's tool cannot describe it", "\(error)")
            default: throw CloudError(.unavailable, ["part": "qemu-img"], detail: "\(error)")
            }
        }
    }

    private func judge(_ file: String, _ facts: ImageFacts, _ malformed: (String, String) -> CloudError) async throws {
        let answer = try await run(["info", "--output=json", "-f", facts.format.rawValue, file])
        guard answer.status == 0 else { throw malformed("QEMU's tool cannot read it", answer.text) }
        let info = try JSONDecoder().decode(Info.self, from: Data(answer.text.utf8))
        guard info.format == facts.format.rawValue, info.virtualSize == facts.virtualSize.bytes, info.backingFile == nil,
            info.fullBackingFile == nil, info.specific?.data?.dataFile == nil
        else { throw malformed("QEMU's tool sees another image in it", answer.text) }
        let tables = try await run(["check", "--output=json", "-f", facts.format.rawValue, file])
        // 3 is leaked clusters only: they waste space and harm nothing (qemu-img's manual).
        guard tables.status == 0 || tables.status == 3 else { throw malformed("its tables are broken", tables.text) }
    }

    struct Answer: Sendable {
        let status: Int32
        let text: String
    }

    func run(_ arguments: [String]) async throws -> Answer {
        let all = limiter.map { [$0, "--as=1073741824", "--cpu=30", "--core=0", "--", path] } ?? [path]
        return try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask {
                let result = try await Subprocess.run(
                    .path(.init(all[0])), arguments: .init(all.dropFirst() + arguments), environment: .custom(["LC_ALL": "C.UTF-8"]),
                    input: .none, output: .string(limit: 65536), error: .sequence
                ) { try await Self.beginning(of: $0.standardError) }
                guard case .exited(let code) = result.terminationStatus else {
                    try Task.checkCancellation()
                    return Answer(status: -1, text: "ended by a signal")
                }
                return Answer(status: Int32(code), text: result.standardOutput + (code == 0 ? "" : result.closureResult))
            }
            group.addTask {
                try await clock.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let answer = first else {
                throw CloudError(.timedOut, ["what": "qemu-img", "seconds": String(limit.components.seconds)])
            }
            return answer
        }
    }

    /// The first words of a complaint. `qemu-img check` writes a line for each bad cluster, so there may be megabytes: all is read, for
    /// a full pipe would hold the tool, and what is over 4,096 bytes is dropped.
    private static func beginning(of complaint: SubprocessOutputSequence) async throws -> String {
        var bytes: [UInt8] = []
        for try await piece in complaint { piece.withUnsafeBytes { bytes += $0.prefix(4096 - bytes.count) } }
        return String(decoding: bytes, as: UTF8.self)
    }
}
