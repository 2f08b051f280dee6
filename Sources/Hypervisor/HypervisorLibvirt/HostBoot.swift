// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Glibc

    /// What the kernel says of its own start.
    enum HostBoot {
        /// The kernel's boot id (proc(5), random/boot_id).
        static func id() throws(CloudError) -> String {
            let path = "/proc/sys/kernel/random/boot_id"
            guard let bytes = try DurableFiles.read(path), bytes.count == 37 else {
                throw CloudError(.internalFault, ["part": "hypervisor"], detail: "\(path) holds no boot id")
            }
            return String(decoding: bytes.prefix(36), as: UTF8.self)
        }

        /// Milliseconds since the boot; grows also while the host sleeps.
        static func age() -> Int64 {
            var time = timespec()
            clock_gettime(CLOCK_BOOTTIME, &time)
            return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        }
    }
#endif
