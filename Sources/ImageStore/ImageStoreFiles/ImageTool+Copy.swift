// SPDX-License-Identifier: Apache-2.0

import CloudModel
import Subprocess
import SystemPackage

extension ImageTool {
    /// Writes all that a disk of the store shows, with what it lies on, into one new qcow2 file; `told` hears how far it is, in per cent.
    /// The disk's own tables were written by QEMU, and it names only files of the store, so the tool is not held short of memory and time
    /// as it is for what came from outside. A cancellation ends it. Throws ``ErrorCode/diskFull`` and ``ErrorCode/unavailable``.
    func copy(_ disk: String, to file: String, _ told: @escaping @Sendable (Int) -> Void) async throws {
        let result: ExecutionOutcome<String>
        do {
            let ended = try await Subprocess.run(
                .path(.init(path)), arguments: ["convert", "-p", "-f", "qcow2", "-O", "qcow2", disk, file],
                environment: .custom(["LC_ALL": "C.UTF-8"]), input: .none, output: .sequence, error: .string(limit: 4096)
            ) { execution in
                var meter = CopyMeter()
                for try await piece in execution.standardOutput {
                    if let percent = piece.withUnsafeBytes({ meter.read($0) }) { told(percent) }
                }
                return ""
            }
            result = ExecutionOutcome(isWell: ended.terminationStatus.isSuccess, complaint: ended.standardError)
        } catch {
            try Task.checkCancellation()
            throw CloudError(.unavailable, ["part": "qemu-img"], detail: "\(error)")
        }
        try Task.checkCancellation()
        guard !result.isWell else { return }
        if result.complaint.contains("No space left on device") { throw CloudError(.diskFull, detail: result.complaint) }
        throw CloudError(.unavailable, ["part": "qemu-img"], detail: result.complaint)
    }

    /// Makes a disk of the store larger. Throws ``ErrorCode/diskFull`` and ``ErrorCode/unavailable``.
    func resize(_ disk: String, to size: ByteCount) async throws {
        let answer = try await run(["resize", "-f", "qcow2", disk, String(size.bytes)])
        guard answer.status != 0 else { return }
        if answer.text.contains("No space left on device") { throw CloudError(.diskFull, detail: answer.text) }
        throw CloudError(.unavailable, ["part": "qemu-img"], detail: answer.text)
    }

    /// Lets a disk of the store lie on another file, named relative to the disk's folder, showing what it showed. As long as it takes; a
    /// cancellation ends it. Throws ``ErrorCode/diskFull`` and ``ErrorCode/unavailable``.
    func rebase(_ disk: String, onto base: String, _ format: ImageFormat) async throws {
        let result: ExecutionOutcome<String>
        do {
            let ended = try await Subprocess.run(
                .path(.init(path)), arguments: ["rebase", "-f", "qcow2", "-F", format.rawValue, "-b", base, disk],
                environment: .custom(["LC_ALL": "C.UTF-8"]), input: .none, output: .discarded, error: .string(limit: 4096))
            result = ExecutionOutcome(isWell: ended.terminationStatus.isSuccess, complaint: ended.standardError)
        } catch {
            try Task.checkCancellation()
            throw CloudError(.unavailable, ["part": "qemu-img"], detail: "\(error)")
        }
        try Task.checkCancellation()
        guard !result.isWell else { return }
        if result.complaint.contains("No space left on device") { throw CloudError(.diskFull, detail: result.complaint) }
        throw CloudError(.unavailable, ["part": "qemu-img"], detail: result.complaint)
    }

    private struct ExecutionOutcome<Complaint> {
        let isWell: Bool
        let complaint: Complaint
    }
}

/// Reads what `qemu-img -p` writes: `    (12.34/100%)` and a carriage return, again and again.
struct CopyMeter {
    private var digits: [UInt8] = []
    private var isReading = false
    private var last = -1

    /// The newest whole per cent in a piece; nil where it is no other than before.
    mutating func read(_ piece: some Sequence<UInt8>) -> Int? {
        var found: Int?
        for byte in piece {
            switch byte {
            case UInt8(ascii: "("): (digits, isReading) = ([], true)
            case UInt8(ascii: "0")...UInt8(ascii: "9") where isReading && digits.count < 3: digits.append(byte)
            default:
                if isReading, let percent = Int(String(decoding: digits, as: UTF8.self)), percent != last {
                    last = min(percent, 100)
                    found = last
                }
                isReading = false
            }
        }
        return found
    }
}
