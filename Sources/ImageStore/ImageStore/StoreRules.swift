// SPDX-License-Identifier: Apache-2.0

public import CloudModel

// The rules that every store obeys, whatever it keeps its files in.

extension PublishRequest {
    /// Whether the facts of an image are what this request asks for; returns them. Throws ``CloudModel/ErrorCode/imageHashMismatch`` where
    /// another hash was promised, ``CloudModel/ErrorCode/imageMalformed`` where another format was declared.
    public func accepts(_ facts: ImageFacts) throws(CloudError) -> ImageFacts {
        if let expectedSHA256, expectedSHA256 != facts.sha256 {
            throw CloudError(.imageHashMismatch, ["expected": expectedSHA256, "actual": facts.sha256])
        }
        guard declared == facts.format else {
            throw CloudError(
                .imageMalformed,
                ["declared": declared.rawValue, "reason": "the image was published as \(facts.format.rawValue)"]
            )
        }
        return facts
    }
}

extension OverlayDescription {
    /// Whether the overlay can lie on an image: its format is the stored one, its size not less than the image's, and one that a disk
    /// can have. Throws ``CloudModel/ErrorCode/invalidField`` with the reason.
    public func check(on image: ImageFacts) throws(CloudError) {
        guard case .image(_, let format) = base, format == image.format else {
            throw CloudError(.invalidField, ["pointer": "/imageFormat", "reason": "the image is \(image.format.rawValue)"])
        }
        guard virtualSize >= image.virtualSize else {
            throw CloudError(.invalidField, ["pointer": "/virtualSize", "reason": "a disk is not smaller than its image"])
        }
        try checkSize()
    }

    /// Whether the overlay can lie on a layer: it is not smaller. Throws as ``check(on:)-(ImageFacts)``.
    public func check(on layer: OverlayDescription) throws(CloudError) {
        guard virtualSize >= layer.virtualSize, layer.disk != disk else {
            throw CloudError(.invalidField, ["pointer": "/virtualSize", "reason": "a disk is not smaller than what it lies on"])
        }
        try checkSize()
    }

    /// Whether a disk can have the size: whole sectors, and not more than a first-level table can address. Throws as
    /// ``check(on:)-(ImageFacts)``.
    public func checkSize() throws(CloudError) {
        guard virtualSize > .zero, virtualSize.bytes % 512 == 0, virtualSize <= QCow2Overlay.largestVirtualSize else {
            throw CloudError(.invalidField, ["pointer": "/virtualSize", "reason": "\(virtualSize.bytes) bytes is no size of a disk"])
        }
    }

    /// Whether a disk that is there already may stand for this one: on the same base, and not smaller (disks only grow). Throws
    /// ``CloudModel/ErrorCode/nameTaken`` otherwise, for ids are never reused and a disk is never replaced.
    public func accepts(_ there: OverlayDescription) throws(CloudError) {
        guard there.disk == disk, there.base == base, there.virtualSize >= virtualSize else {
            throw CloudError(.nameTaken, ["name": disk.text], detail: "a disk of this id lies on \(there.base) with \(there.virtualSize)")
        }
    }
}
