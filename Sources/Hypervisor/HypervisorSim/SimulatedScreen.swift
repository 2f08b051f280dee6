// SPDX-License-Identifier: Apache-2.0

public import CloudModel
public import Hypervisor

extension SimulatedHypervisor {
    /// A screen with a bar that is a pixel longer for each second that the guest ran, black on the colour of its instance.
    public func screenshot(of instance: ID<InstanceKind>) async throws -> GuestScreenshot {
        try await read("guest.screenshot", instance.text) { state, now in
            let guest = try state.guest(instance, for: "screenshot", [.paused, .running])
            let (width, height) = (160, 100)
            let bar = Int(guest.running(at: now).components.seconds % Int64(width))
            let colour = FNV1a.hash(instance.text)
            let ground = [16, 8, 0].map { UInt8(truncatingIfNeeded: colour >> $0) | 0x40 }
            let rows = (0..<height).flatMap { row in
                (0..<width).flatMap { column in (40..<60).contains(row) && column < bar ? [0, 0, 0] : ground }
            }
            guard let picture = ScreenPicture(width: width, height: height, pixels: rows) else {
                throw CloudError(.internalFault, ["part": "the simulated screen"])
            }
            return GuestScreenshot(of: picture)
        }
    }
}
