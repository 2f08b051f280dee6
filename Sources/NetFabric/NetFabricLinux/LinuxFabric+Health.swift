// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import NetFabric

extension LinuxFabric: FabricHealth {
    /// As ``FabricHealth/health()``. Open vSwitch lists the datapaths that it could open when it began: `system` is the kernel's, which the
    /// fabric does not use, and without `netdev` there is no bridge.
    public func health() async throws -> [HostFinding] {
        let answer: String
        do {
            answer = try await translated { try await call(tools.vsctl, vsctl(["get", "Open_vSwitch", ".", "datapath_types"])) }
        } catch let refusal as CloudError {
            return [HostFinding(.switching, .wrong, ["reason": refusal.detail ?? refusal.code.rawValue])]
        } catch let lost as OutcomeUnknown {
            return [HostFinding(.switching, .wrong, ["reason": "\(lost)"])]
        }
        let types = answer.split { !$0.isLetter && !$0.isNumber }.map(String.init).sorted()
        return [
            HostFinding(.datapath, types.contains("netdev") ? .fine : .wrong, ["types": types.joined(separator: ", ")]),
            HostFinding(.switching, .fine),
        ]
    }
}
