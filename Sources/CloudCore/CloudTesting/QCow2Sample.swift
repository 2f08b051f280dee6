// SPDX-License-Identifier: Apache-2.0

/// A qcow2 file by its fields, right or wrong: what the tests of an image store feed to it. With nothing changed, `bytes` is an empty
/// disk of 1 MiB that `qemu-img check` finds clean.
public struct QCow2Sample: Sendable {
    /// 2 or 3.
    public var version: UInt32 = 3
    /// Clusters of 2 to this power bytes.
    public var clusterBits: UInt32 = 12
    /// The size of the disk.
    public var virtualSize: UInt64 = 1 << 20
    /// The name of a file below.
    public var backingFile: String?
    /// Where the name is said to stand; nil where it does stand.
    public var backingOffset: UInt64?
    /// Encryption method.
    public var crypt: UInt32 = 0
    /// Entries of the first-level table; nil for as many as the size needs.
    public var l1Size: UInt32?
    /// Where the first-level table is said to be; nil for where it is.
    public var l1Offset: UInt64?
    /// Where the reference count table is said to be; nil for where it is.
    public var refcountOffset: UInt64?
    /// Clusters of the reference count table.
    public var refcountClusters: UInt32 = 1
    /// Internal snapshots.
    public var snapshots: UInt32 = 0
    /// Incompatible features (version 3).
    public var incompatible: UInt64 = 0
    /// Reference counts of 2 to this power bits (version 3).
    public var refcountOrder: UInt32 = 4
    /// The header's own word about its length (version 3).
    public var headerLength: UInt32 = 104
    /// The byte at 104, where the header is longer (version 3).
    public var compressionType: UInt8 = 0
    /// Header extensions: type and data.
    public var extensions: [(type: UInt32, data: [UInt8])] = []
    /// Cuts the file off here.
    public var cutAt: Int?

    /// A clean, empty disk.
    public init() {}

    /// A clean disk with changes.
    public init(_ change: (inout QCow2Sample) -> Void) { change(&self) }

    /// The file: header, reference count table, reference count block, first-level table; no data.
    public var bytes: [UInt8] {
        let bits = (9...21).contains(clusterBits) ? clusterBits : 12
        let cluster = UInt64(1) << UInt64(bits)
        let reach = UInt64(1) << UInt64(2 * bits - 3)
        let entries = virtualSize / reach + (virtualSize % reach == 0 ? 0 : 1)
        let tables = (min(entries, 1 << 20) * 8 + cluster - 1) / cluster
        let clusters = 3 + max(1, tables)
        var file = header(entries: entries, cluster: cluster)
        file += [UInt8](repeating: 0, count: max(0, Int(clusters * cluster) - file.count))
        put(2 * cluster, 8, at: cluster, in: &file)
        for index in 0..<clusters { put(1, 2, at: 2 * cluster + 2 * index, in: &file) }
        return Array(file.prefix(cutAt ?? file.count))
    }

    private func header(entries: UInt64, cluster: UInt64) -> [UInt8] {
        let start = version == 2 ? 72 : max(104, min(Int(headerLength), 112))
        var tail: [UInt8] = []
        for item in extensions {
            append(UInt64(item.type), 4, to: &tail)
            append(UInt64(item.data.count), 4, to: &tail)
            tail += item.data
            append(0, (8 - item.data.count % 8) % 8, to: &tail)
        }
        append(0, 8, to: &tail)
        let name = Array((backingFile ?? "").utf8)
        let nameOffset = backingFile == nil ? 0 : UInt64(start + tail.count)
        let fields: [(UInt64, Int)] = [
            (0x5146_49FB, 4), (UInt64(version), 4), (backingOffset ?? nameOffset, 8), (UInt64(name.count), 4),
            (UInt64(clusterBits), 4), (virtualSize, 8), (UInt64(crypt), 4), (l1Size.map(UInt64.init) ?? min(entries, 0xFFFF_FFFF), 4),
            (l1Offset ?? 3 * cluster, 8), (refcountOffset ?? cluster, 8), (UInt64(refcountClusters), 4), (UInt64(snapshots), 4), (0, 8),
        ]
        let more: [(UInt64, Int)] = [
            (incompatible, 8), (0, 8), (0, 8), (UInt64(refcountOrder), 4), (UInt64(headerLength), 4),
            (UInt64(compressionType), start > 104 ? 1 : 0), (0, start > 104 ? 7 : 0),
        ]
        var all: [UInt8] = []
        for (value, count) in version == 2 ? fields : fields + more { append(value, count, to: &all) }
        all += tail
        all += name
        return all
    }

    private func append(_ value: UInt64, _ count: Int, to bytes: inout [UInt8]) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - index)))) }
    }
    private func put(_ value: UInt64, _ count: Int, at offset: UInt64, in file: inout [UInt8]) {
        var bytes: [UInt8] = []
        append(value, count, to: &bytes)
        file.replaceSubrange(Int(offset)..<Int(offset) + count, with: bytes)
    }
}
