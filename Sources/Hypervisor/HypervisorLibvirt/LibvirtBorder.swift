// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel
    import LibvirtClient

    /// Where libvirt's errors become ours. A connection that could not be opened is `host-unreachable`: nothing was done. One that broke,
    /// or hung, in the middle of an effect is ``OutcomeUnknown``; in the middle of a question it is `host-unreachable` again.
    struct LibvirtBorder {
        let host: String

        func effect(_ call: String, _ error: any Error) -> any Error {
            switch error {
            case LibvirtFailure.lost(let last): OutcomeUnknown("\(call): connection lost: \(last)")
            case LibvirtFailure.silent: OutcomeUnknown("\(call): no answer from libvirt in time")
            default: question(call, error)
            }
        }

        func question(_ call: String, _ error: any Error) -> any Error {
            switch error {
            case let failure as LibvirtFailure: unreachable(call, failure)
            case let error as LibvirtError: refusal(call, error)
            default: error
            }
        }

        /// As ``question(_:_:)``, for the agent: whatever keeps it from answering is silence.
        func agent(_ instance: ID<InstanceKind>, _ error: any Error) -> any Error {
            switch error {
            case LibvirtFailure.silent, LibvirtFailure.notReached(nil):
                CloudError(.agentSilent, ["instance": instance.text], detail: "no answer in time")
            case let failure as LibvirtFailure: unreachable("agent", failure)
            case let error as LibvirtError: CloudError(.agentSilent, ["instance": instance.text], detail: error.description)
            case is DecodingError:
                CloudError(.agentSilent, ["instance": instance.text], detail: "the agent's answer is none that is known")
            default: error
            }
        }

        private func unreachable(_ call: String, _ failure: LibvirtFailure) -> CloudError {
            CloudError(.hostUnreachable, ["host": host], detail: "\(call): \(failure)")
        }

        private func refusal(_ call: String, _ error: LibvirtError) -> CloudError {
            let detail = "\(call): \(error)"
            // libvirt hands the system's reason on as text only.
            if error.message.contains("No space left on device") {
                return .hostStoreFull("\(host): \(detail)")
            }
            return CloudError(.internalFault, ["part": "hypervisor"], detail: detail)
        }
    }
#endif
