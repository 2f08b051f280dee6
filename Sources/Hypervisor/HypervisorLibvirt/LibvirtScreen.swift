// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    public import CloudModel
    public import Hypervisor
    import LibvirtClient

    extension LibvirtHypervisor {
        /// The guest's screen now, over the connection that its agent has: it changes nothing, and a large one takes a while.
        public func screenshot(of instance: ID<InstanceKind>) async throws -> GuestScreenshot {
            let call = "screenshot of \(instance)"
            let found: (type: String, bytes: [UInt8])
            do {
                found = try await agent(of: instance) { session in
                    let (domain, power) = try Self.there(try Self.find(instance, in: session), instance)
                    guard power == .running || power == .paused else {
                        throw Self.unfit("screenshot", instance, power, allowed: "paused, running")
                    }
                    return try domain.screenshot(limit: 3 * ScreenPicture.mostPixels + 64)
                }
            } catch let error as LibvirtError where error.code == .operationUnsupported || error.code == .noSupport {
                throw CloudError(.unavailable, ["part": "the machine's screen"], detail: "\(call): \(error)")
            } catch { throw border.question(call, error) }
            // A QEMU that was built with libpng gives PNG, another one a pixmap.
            switch found.type {
            case "image/png": return try GuestScreenshot(png: found.bytes)
            case "image/x-portable-pixmap": return GuestScreenshot(of: try ScreenPicture(pixmap: found.bytes))
            default: throw CloudError(.internalFault, ["part": "hypervisor"], detail: "\(call): it comes as \(found.type)")
            }
        }
    }
#endif
