// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Hypervisor

    @testable import HypervisorLibvirt

    enum Samples {
        static let instance = ID<InstanceKind>(bits: 0, 17)
        static let image = ID<ImageKind>(bits: 1, 1)
        static let store = ID<StoreKind>(bits: 0, 1)
        static let run = ID<OperationKind>(bits: 0, 99)

        static func guest(title: String = "lab-01", cpus: Int = 1, disks: Int = 1, ports: Int = 1) throws -> GuestDescription {
            GuestDescription(
                instance: instance, title: try DisplayName(title), cpus: CPUCount(cpus), memory: .mebibytes(128),
                disks: (0..<disks).map { GuestDisk(disk: ID(bits: 0, UInt64($0)), store: store) },
                ports: (0..<ports).map { number in
                    let port = ID<PortKind>(bits: 0, UInt64(number))
                    return GuestPort(port: port, mac: MACAddress(of: port), device: "tap\(number)")
                })
        }

        static func description(
            _ guest: GuestDescription, _ acceleration: Acceleration = .emulation, path: String = "/store/disks/",
            imageFormat: ImageFormat? = .raw
        ) -> DomainDescription {
            DomainDescription(
                guest: guest,
                metadata: DomainMetadata(instance: guest.instance, command: Command(run: run, step: "power", fence: Fence(3))),
                machine: LibvirtMachine(acceleration: acceleration),
                disks: guest.disks.map { disk in
                    .init(path: path + disk.disk.text, image: imageFormat.map { ("/store/images/\(image)", $0) })
                },
                console: ConsoleFiles(folder: "/consoles", instance: guest.instance))
        }
    }

    /// SplitMix64, so that a failing seed can be repeated.
    struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
#endif
