// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import Glibc
    public import Hypervisor
    import LibvirtClient

    extension LibvirtHypervisor {
        /// What a definition may take. A libvirt that need not probe QEMU again takes 2 ms on the slowest host that was measured; one that
        /// finds a `/dev/kvm` on which guests hang took 44 s.
        static let defineLimit: Int64 = 1000
        /// How long process 1 may leave a process that ended unburied: libvirt waits for that in every destroy.
        static let reapingLimit: Int64 = 500

        /// Measures the host. libvirt is asked over a connection that has nothing else to do, for a definition may take minutes.
        public func health() async throws -> HostHealth {
            var findings = [
                HostFinding(.acceleration, machine.acceleration == .kvm ? .fine : .advice),
                HostFinding(.kvmUnused, machine.acceleration == .kvm || access(places.kvm, F_OK) != 0 ? .fine : .advice),
            ]
            let missing = ([seedTool.path] + places.programs).filter { access($0, X_OK) != 0 }
            findings.append(HostFinding(.programs, missing.isEmpty ? .fine : .wrong, ["missing": missing.joined(separator: ", ")]))
            let time = try await orphans.reapingTime()
            findings.append(HostFinding(.reaping, took: time, limit: Self.reapingLimit, beyond: .advice))
            findings += try await asked()
            return HostHealth(at: clock.now(), findings: findings)
        }

        /// What only libvirt can say.
        private func asked() async throws -> [HostFinding] {
            let trial = try TrialDomain(machine: machine).xml()
            let emulated = machine.acceleration == .emulation
            do {
                return try await examinations.run(within: limits.question) { session in
                    let began = HostBoot.age()
                    try session.define(trial).undefine()
                    let took = HostBoot.age() - began
                    let uncapped = emulated ? try Self.uncapped(session) : []
                    return [
                        HostFinding(.hypervisor, .fine), HostFinding(.defineTime, took: took, limit: Self.defineLimit, beyond: .wrong),
                        Self.capping(uncapped),
                    ]
                }
            } catch LibvirtFailure.silent, LibvirtFailure.notReached(nil) {
                // It goes on by itself, and takes its definition away at the end; an earlier look may still be at that.
                let waited = limits.question.components.seconds * 1000
                return [HostFinding(.hypervisor, .fine), HostFinding(.defineTime, took: waited, limit: Self.defineLimit, beyond: .wrong)]
            } catch let failure as LibvirtFailure {
                return [HostFinding(.hypervisor, .wrong, ["reason": String(failure.description.prefix(500))])]
            } catch let error as LibvirtError {
                return [HostFinding(.hypervisor, .wrong, ["reason": String(error.description.prefix(500))])]
            }
        }

        private static func capping(_ machines: [String]) -> HostFinding {
            HostFinding(
                .cacheCap, machines.isEmpty ? .fine : .advice,
                ["count": String(machines.count), "machines": machines.prefix(5).joined(separator: ", ")])
        }

        /// Our guests that run in software without a cap on their translated code: defined by hand, or by another version.
        private static func uncapped(_ session: LibvirtSession) throws -> [String] {
            var found: [String] = []
            for domain in try session.domains() {
                guard let instance = ID<InstanceKind>(Substring(domain.name)) else { continue }
                do {
                    guard try metadata(of: domain, as: instance) != nil, try domain.power() != .off else { continue }
                    if try !domain.description().contains("<tb-cache") { found.append(instance.text) }
                } catch let error as LibvirtError where error.code == .noDomain { continue }
            }
            return found.sorted()
        }
    }

    /// A domain that is defined to see how long that takes, never started and taken away at once. Always the same: one that was left over
    /// is defined again.
    struct TrialDomain {
        let machine: LibvirtMachine

        func xml() throws(CloudError) -> String {
            try XMLElement(
                "domain", ["type": machine.acceleration == .kvm ? "kvm" : "qemu"],
                [
                    XMLElement("name", text: "lyceum-trial"), XMLElement("uuid", text: "6c796365-756d-4000-8000-747269616c00"),
                    XMLElement("memory", ["unit": "MiB"], text: "16"), XMLElement("vcpu", text: "1"),
                    XMLElement(
                        "os", [:], [XMLElement("type", ["arch": "x86_64", "machine": machine.board], text: "hvm")]),
                ]
            ).rendered()
        }
    }

    /// Where the things of a host are that are only looked at.
    struct HostPlaces: Sendable {
        var kvm = "/dev/kvm"
        var programs = ["/usr/bin/qemu-system-x86_64", "/usr/bin/qemu-img"]
    }
#endif
