// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Hypervisor

    /// libvirt's XML of one guest on one host: a pure function of what it is given. Where a line is not obvious it says why.
    struct DomainDescription {
        let guest: GuestDescription
        let metadata: DomainMetadata
        let machine: LibvirtMachine
        /// The guest's disks, in order.
        let disks: [DiskFiles]
        /// The volume that the guest reads when it boots; nil for none.
        var seed: String?
        /// Where the guest's serial port ends.
        let console: ConsoleFiles

        /// A disk as files of this host.
        struct DiskFiles: Sendable {
            let path: String
            /// The layers that it lies on, the nearest first.
            var layers: [String] = []
            /// What they lie on; nil for nothing.
            var image: (path: String, format: ImageFormat)?
            /// What the guest knows it by; nil for nothing.
            var serial: String?

            init(path: String, layers: [String] = [], image: (path: String, format: ImageFormat)? = nil, serial: String? = nil) {
                self.path = path
                self.layers = layers
                self.image = image
                self.serial = serial
            }
        }

        func xml() throws(CloudError) -> String { try domain.rendered() }

        private var domain: XMLElement {
            let memory = String(guest.memory.kibibytesUp)
            return XMLElement(
                "domain", ["type": machine.acceleration == .kvm ? "kvm" : "qemu"],
                [
                    XMLElement("name", text: guest.instance.text),
                    XMLElement("uuid", text: guest.instance.domainUUID),
                    XMLElement("title", text: guest.title.text),
                    XMLElement("metadata", [:], [metadata.element]),
                    XMLElement("memory", ["unit": "KiB"], text: memory),
                    XMLElement("currentMemory", ["unit": "KiB"], text: memory),
                    XMLElement("vcpu", ["placement": "static"], text: guest.cpus.description),
                    XMLElement(
                        "os", [:],
                        [XMLElement("type", ["arch": "x86_64", "machine": machine.board], text: "hvm"), XMLElement("boot", ["dev": "hd"])]),
                    features,
                    processor,
                    XMLElement("clock", ["offset": "utc"]),
                    // Off is off, whoever ends it; only the guest's own reboot goes on. A crashed guest is not looped.
                    XMLElement("on_poweroff", text: "destroy"),
                    XMLElement("on_reboot", text: "restart"),
                    XMLElement("on_crash", text: "destroy"),
                    // A guest that sleeps by itself would be neither running nor off.
                    XMLElement(
                        "pm", [:], [XMLElement("suspend-to-mem", ["enabled": "no"]), XMLElement("suspend-to-disk", ["enabled": "no"])]),
                    XMLElement("devices", [:], devices),
                ])
        }

        /// In software emulation the cache of translated code is capped, or one looping guest grows past 1 GB.
        private var features: XMLElement {
            let cache = XMLElement("tcg", [:], [XMLElement("tb-cache", ["unit": "MiB"], text: "64")])
            return XMLElement("features", [:], [XMLElement("acpi"), XMLElement("apic")] + (machine.acceleration == .kvm ? [] : [cache]))
        }

        /// A named model, all of it or a refusal: memory saved with it wakes on any host that has it.
        private var processor: XMLElement {
            XMLElement(
                "cpu", ["mode": "custom", "match": "exact", "check": machine.acceleration == .kvm ? "full" : "none"],
                [XMLElement("model", ["fallback": "forbid"], text: guest.processor.name)])
        }

        private var devices: [XMLElement] {
            let disks = zip(disks.indices, disks).map(Self.disk)
            return disks + guest.ports.map(Self.card) + seeds + [
                XMLElement("controller", ["type": "usb", "model": "none"]),
                XMLElement("controller", ["type": "virtio-serial"]),
                XMLElement(
                    "serial", ["type": "unix"],
                    [
                        XMLElement("source", ["mode": "bind", "path": console.line]),
                        // Without append the file would be emptied by a wake. virtlogd bounds it.
                        XMLElement("log", ["file": console.log, "append": "on"]),
                        XMLElement("target", ["type": "isa-serial", "port": "0"]),
                    ]),
                XMLElement(
                    "channel", ["type": "unix"],
                    [XMLElement("source", ["mode": "bind"]), XMLElement("target", ["type": "virtio", "name": "org.qemu.guest_agent.0"])]),
                // libvirt chooses the path, in the folder that it makes for the domain's run: of QEMU's account, and closed to all others.
                XMLElement("graphics", ["type": "vnc"], [XMLElement("listen", ["type": "socket"])]),
                // Named, with its memory, so that a guest wakes under another libvirt with the same card.
                XMLElement("video", [:], [XMLElement("model", ["type": "vga", "vram": "16384", "heads": "1", "primary": "yes"])]),
                XMLElement("rng", ["model": "virtio"], [XMLElement("backend", ["model": "random"], text: "/dev/urandom")]),
                XMLElement("memballoon", ["model": "none"]),
            ]
        }

        /// The format is said, never guessed: a guest can write any header into its disk (S3). A full store pauses the guest instead of
        /// showing it broken sectors.
        static func disk(_ index: Int, _ files: DiskFiles) -> XMLElement {
            XMLElement(
                "disk", ["type": "file", "device": "disk"],
                [
                    XMLElement("driver", ["name": "qemu", "type": "qcow2", "error_policy": "enospace", "discard": "unmap"]),
                    XMLElement("source", ["file": files.path]),
                ] + Self.below(files) + [XMLElement("target", ["dev": Self.diskName(index), "bus": "virtio"])]
                    // The alias is what it is called by when it is to go.
                    + (files.serial.map { [XMLElement("serial", text: $0), XMLElement("alias", ["name": Self.alias(ofSerial: $0)])] } ?? [])
            )
        }

        /// A disk and no CD: kernels that are made for clouds know virtio and, as Debian's, often no other bus. Last on the bus, behind
        /// all that a guest can be given. libvirt gives the file to QEMU's account while the guest is there.
        private var seeds: [XMLElement] {
            guard let seed else { return [] }
            return [
                XMLElement(
                    "disk", ["type": "file", "device": "disk"],
                    [
                        XMLElement("driver", ["name": "qemu", "type": "raw"]), XMLElement("source", ["file": seed]),
                        XMLElement("target", ["dev": "vdz", "bus": "virtio"]), XMLElement("readonly"),
                    ])
            ]
        }

        /// libvirt takes names of users only with this beginning.
        static func alias(ofSerial serial: String) -> String { "ua-disk-\(serial)" }

        /// What is below keeps its owner: where libvirt finds it by itself, from the overlay's header, it gives the file to QEMU's account
        /// and does not take it back. The empty element ends the chain, so that no image's header is asked what it lies on.
        static func below(_ files: DiskFiles) -> [XMLElement] {
            let all = files.layers.map { ($0, ImageFormat.qcow2) } + (files.image.map { [($0.path, $0.format)] } ?? [])
            var chain: XMLElement?
            for (path, format) in all.reversed() {
                chain = XMLElement(
                    "backingStore", ["type": "file"],
                    [
                        XMLElement("format", ["type": format.rawValue]),
                        XMLElement("source", ["file": path], [XMLElement("seclabel", ["model": "dac", "relabel": "no"])]),
                        chain ?? XMLElement("backingStore"),
                    ])
            }
            return chain.map { [$0] } ?? []
        }

        /// `vda` … `vdz`, `vdaa` …: bijective in base 26, as Linux names them.
        static func diskName(_ index: Int) -> String {
            var (rest, letters) = (index + 1, "")
            while rest > 0 {
                letters = String(UnicodeScalar(UInt8(0x61 + (rest - 1) % 26))) + letters
                rest = (rest - 1) / 26
            }
            return "vd" + letters
        }

        /// The tap is the fabric's, made and filtered before. With checksum offload on, a user-space switch passes on what the guest
        /// never summed up, and all its TCP and UDP is lost.
        static func card(_ port: GuestPort) -> XMLElement {
            XMLElement(
                "interface", ["type": "ethernet"],
                [
                    XMLElement("mac", ["address": port.mac.description]),
                    XMLElement("target", ["dev": port.device, "managed": "no"]),
                    XMLElement("model", ["type": "virtio"]),
                    XMLElement(
                        "driver", ["name": "qemu"],
                        [
                            XMLElement(
                                "host", ["csum": "off", "gso": "off", "tso4": "off", "tso6": "off", "ecn": "off", "ufo": "off"])
                        ]),
                ])
        }
    }
#endif
