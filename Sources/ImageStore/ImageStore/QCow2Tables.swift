// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// Where a header's first-level table and reference count table lie. Their sizes are limited as QEMU limits them (`block/qcow2.h`),
/// so a header cannot make a reader allocate gigabytes (CVE-2014-0144, CVE-2015-5162).
enum QCow2Tables {
    /// QEMU's QCOW_MAX_L1_SIZE.
    static let largestL1: UInt64 = 32 << 20
    /// QEMU's QCOW_MAX_REFTABLE_SIZE.
    static let largestRefcountTable: UInt64 = 8 << 20

    /// Entries that the first-level table of a disk needs: each leads to one cluster of eight-byte entries, each of which leads to one
    /// cluster of the disk.
    static func l1Entries(virtualSize: UInt64, clusterBits: UInt32) -> UInt64 {
        virtualSize.dividedUp(by: 1 << UInt64(2 * clusterBits - 3))
    }

    /// Throws ``ErrorCode/imageMalformed`` where a table is not aligned, lies outside the file or on another, or is too small or large.
    static func check(_ data: BigEndian, clusterBits: UInt32, virtualSize: UInt64, fileSize: UInt64) throws(CloudError) {
        guard let l1Size = data.u32(36), let l1Offset = data.u64(40), let refcountOffset = data.u64(48), let refcountClusters = data.u32(56)
        else { throw QCow2Header.malformed("the header is cut off") }
        let cluster = UInt64(1) << UInt64(clusterBits)
        guard UInt64(l1Size) >= l1Entries(virtualSize: virtualSize, clusterBits: clusterBits) else {
            throw QCow2Header.malformed("its first-level table is too small for its virtual size")
        }
        guard UInt64(l1Size) * 8 <= largestL1 else { throw QCow2Header.malformed("its first-level table is larger than QEMU allows") }
        guard refcountClusters >= 1, UInt64(refcountClusters) << UInt64(clusterBits) <= largestRefcountTable else {
            throw QCow2Header.malformed("its reference count table is empty or larger than QEMU allows")
        }
        let l1 = try range("first-level table", l1Offset, UInt64(l1Size) * 8, cluster, fileSize)
        let counts = try range("reference count table", refcountOffset, UInt64(refcountClusters) * cluster, cluster, fileSize)
        guard !l1.overlaps(counts) else { throw QCow2Header.malformed("its tables lie on one another") }
    }

    /// Offset 0 is the header's own cluster, so a table never begins there.
    private static func range(
        _ name: String,
        _ offset: UInt64,
        _ length: UInt64,
        _ cluster: UInt64,
        _ fileSize: UInt64
    ) throws(CloudError) -> FileRange {
        guard offset >= cluster, offset % cluster == 0 else { throw QCow2Header.malformed("its \(name) is not at the border of a cluster") }
        guard let range = FileRange(start: offset, length: length, fileSize: fileSize) else {
            throw QCow2Header.malformed("its \(name) lies outside the file")
        }
        return range
    }
}
